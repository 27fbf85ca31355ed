package dev.gatun.cpu.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Rows of attention scores: n scores of one query, as runs in segments with offsets in elements. A null bias is zero; a bias of
 * −∞ blocks a key.
 */
public interface AttentionKernels {
    /**
     * In place: s = scale · s + bias, p = exp(s − max s) / Σ exp(s − max s); all zeros where every key is blocked.
     *
     * @return ln Σ exp s, −∞ where every key is blocked
     */
    double softmax(MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt);

    /** In place: p = exp(scale · s + bias − logSumExp); zeros where logSumExp is −∞. */
    void probabilities(
            MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt, double logSumExp);

    /** In place: dp = p ⊙ (dp − mean) · scale, the gradient of the products q · k, given mean = Σ p ⊙ dp over all keys. */
    void scoreGradient(MemorySegment p, long at, MemorySegment dp, long dpAt, int n, double mean, double scale);

    /** bias = −∞ where blocked, BOOL at every stride-th byte, is true, else 0. */
    void block(MemorySegment blocked, long blockedAt, long stride, MemorySegment bias, long at, int n);

    /** Σ a ⊙ b. */
    double dot(MemorySegment a, long at, MemorySegment b, long bAt, int n);
}
