package dev.gatun.backend;

import org.jspecify.annotations.Nullable;

/**
 * One scaled dot-product attention, the same for both of its passes.
 *
 * @param scale factor of the scores, usually 1 / √headSize
 * @param causal whether query i may attend only to keys 0 to i
 * @param dropout share of attention weights dropped
 * @param stream where dropout takes its randomness, element (b, h, i, j) of [batch, heads, queries, keys] being the stream's element; null for none
 * @param hasWeights whether the attention weights are asked for
 * @param keyLengths how many keys of each sequence are not padding, where the key padding says just this and the host knows it; null
 *     where not. Never changed after the call is made.
 * @param precision how products of F32 may be computed
 */
@SuppressWarnings("ArrayRecordComponent") // passed through once, never compared
public record AttentionCall(
        double scale,
        boolean causal,
        double dropout,
        @Nullable RandomStream stream,
        boolean hasWeights,
        int @Nullable [] keyLengths,
        Precision precision) {
    /** A call without attention weights, of which the host knows no lengths, computed exactly. */
    public AttentionCall(double scale, boolean causal, double dropout, @Nullable RandomStream stream) {
        this(scale, causal, dropout, stream, false, null, Precision.F32);
    }

    /** This, with the attention weights. */
    public AttentionCall withWeights() {
        return new AttentionCall(scale, causal, dropout, stream, true, keyLengths, precision);
    }

    /** This, with what the host knows of the key padding. */
    public AttentionCall withKeyLengths(int... lengths) {
        return new AttentionCall(scale, causal, dropout, stream, hasWeights, lengths, precision);
    }

    /** This, computed otherwise. */
    public AttentionCall withPrecision(Precision other) {
        return new AttentionCall(scale, causal, dropout, stream, hasWeights, keyLengths, other);
    }
}
