package dev.gatun.cpu.kernel;

import java.lang.foreign.MemorySegment;

/** Exponentials of whole rows against their sum: a segment and, beside it, the place of the row's first element. */
public interface SoftmaxKernels {
    /** ln Σ eˣ; −∞ for a row of −∞. */
    double logSumExp(MemorySegment x, long xAt, int n);

    /** y = factor · e^(x − shift), given x − shift ≤ 88; may be 0 where that is below the normal numbers. In place allowed. */
    void exponential(MemorySegment x, long xAt, double shift, double factor, MemorySegment y, long yAt, int n);

    /** y = exp(x − max) / Σ exp(x − max); zeros for a row of −∞. In place allowed. */
    void softmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n);

    /** dx = y ⊙ (dy − Σ y ⊙ dy); in place allowed. */
    void softmaxBackward(MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n);

    /** y = x − max − ln Σ exp(x − max); in place allowed. */
    void logSoftmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n);

    /** dx = dy − exp(y) · Σ dy; in place allowed. */
    void logSoftmaxBackward(MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n);
}
