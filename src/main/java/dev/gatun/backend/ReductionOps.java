package dev.gatun.backend;

/** Reductions and softmax. Inputs have any strides, outputs are contiguous. The order of summation is fixed: results repeat bit for bit. */
public interface ReductionOps {
    /** y has x's rank; every axis that is 1 in y and not in x is reduced. Empty sums are 0; an empty MEAN is NaN; MAX and MIN need elements. */
    void reduce(Reduction reduction, View x, View y);

    /** The index of the largest element along the last axis (the first of equals; NaN counts as largest); y is I64, x's shape without the last axis. */
    void argMax(View x, View y);

    /** Along the last axis: y = exp(x − max) / Σ exp(x − max). A row of −∞ gives zeros. In place allowed. */
    void softmax(View x, View y);

    /** Along the last axis: dx = y ⊙ (dy − Σ y ⊙ dy). */
    void softmaxBackward(View y, View dy, View dx);

    /** Along the last axis: y = x − max − ln Σ exp(x − max). In place allowed. */
    void logSoftmax(View x, View y);

    /** Along the last axis: dx = dy − exp(y) · Σ dy. */
    void logSoftmaxBackward(View y, View dy, View dx);
}
