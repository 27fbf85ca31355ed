package dev.gatun.cpu.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Rows of attention scores: n scores of one query, as runs in segments with offsets in elements. A null bias is zero; a bias of
 * −∞ blocks a key.
 */
public interface AttentionKernels {
    /** The largest of scale · s + bias, −∞ where every key is blocked. */
    double largest(MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt);

    /**
     * In place: p = exp(scale · s + bias − shift); zeros where the shift is −∞. These are the probabilities where the shift is
     * ln Σ exp of the scores, and so many times them where it is another, at most 88 below the largest score.
     *
     * @return Σ p
     */
    double exponentials(
            MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt, double shift);

    /** x = value. */
    void fill(MemorySegment x, long at, int n, double value);

    /** In place: x = factor · x. */
    void multiply(MemorySegment x, long at, int n, double factor);

    /** In place: dp = p ⊙ (dp − mean) · scale, the gradient of the products q · k, given mean = Σ p ⊙ dp over all keys. */
    void scoreGradient(MemorySegment p, long at, MemorySegment dp, long dpAt, int n, double mean, double scale);

    /** bias = −∞ where blocked, BOOL at every stride-th byte, is true, else 0. */
    void block(MemorySegment blocked, long blockedAt, long stride, MemorySegment bias, long at, int n);

    /** Σ a ⊙ b. */
    double dot(MemorySegment a, long at, MemorySegment b, long bAt, int n);
}
