package dev.gatun.backend;

import org.jspecify.annotations.Nullable;

/** Losses, per row or per element; what becomes of them (mean, sum) is the caller's. All views are contiguous. */
public interface LossOps {
    /**
     * Cross entropy as PyTorch's {@code CrossEntropyLoss(reduction='none')} has it.
     *
     * @param logits [rows, classes]
     * @param targets [rows], I32 or I64; where one is neither a class nor the ignored target, what {@link IndexOps} says of indices out of range holds
     * @param classWeights [classes] or null for ones
     * @param losses out, [rows]: (1 − ε) w(t) (−log p(t)) + ε / classes · Σ w(c) (−log p(c)); 0 for ignored rows
     * @param targetWeights out, [rows]: w(t), 0 for ignored rows: a mean loss is Σ losses / Σ targetWeights
     * @param logSumExp out, [rows]: ln Σ exp(logits), needed by the backward pass
     */
    void crossEntropy(
            View logits,
            View targets,
            @Nullable View classWeights,
            CrossEntropyRule rule,
            View losses,
            View targetWeights,
            View logSumExp);

    /** dlogits [rows, classes], given the gradient of every row's loss [rows]. */
    void crossEntropyBackward(
            View logits,
            View targets,
            @Nullable View classWeights,
            CrossEntropyRule rule,
            View logSumExp,
            View dlosses,
            View dlogits);

    /** y = loss(x, target), element by element. */
    void pointwise(PointwiseLoss loss, double parameter, View x, View target, View y);

    /** dx = dy · ∂loss / ∂x. */
    void pointwiseBackward(PointwiseLoss loss, double parameter, View x, View target, View dy, View dx);
}
