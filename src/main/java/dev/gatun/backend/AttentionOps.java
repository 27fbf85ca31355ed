package dev.gatun.backend;

import org.jspecify.annotations.Nullable;

/**
 * Scaled dot-product attention (Vaswani et al. 2017): y = dropout(softmax(scale · q kᵀ + mask)) v.
 *
 * <p>Shapes: q [batch, heads, queries, headSize], k [batch, heads, keys, headSize], v [batch, heads, keys, valueSize], y [batch,
 * heads, queries, valueSize], weights [batch, heads, queries, keys]. The first three may have any strides but for the last axis,
 * whose stride is 1; so may y and the gradients. Mask and key padding may have any strides; weights are contiguous. A query that may
 * attend to no key gets zeros, in y and in weights.
 */
public interface AttentionOps {
    /** Bytes that the forward pass needs to keep for the backward pass; parameters are those of {@link #forward}. */
    long reserveBytes(AttentionCall call, View q, View k, View v, @Nullable View mask, @Nullable View keyPadding);

    /**
     * Attends.
     *
     * @param mask broadcast to [batch, heads, queries, keys] with strides of 0: added to the scores, or BOOL, true where a query
     *     must not attend; null for none
     * @param keyPadding [batch, keys] BOOL, true where a key is padding; null for none
     * @param weights out, the attention weights before dropout; null unless the call has them
     * @param reserve of {@link #reserveBytes}, filled for the backward pass; null when there will be none
     */
    void forward(
            AttentionCall call,
            View q,
            View k,
            View v,
            @Nullable View mask,
            @Nullable View keyPadding,
            View y,
            @Nullable View weights,
            @Nullable Storage reserve);

    /**
     * Gradients with respect to q, k and v, which are always wanted; dweights is null when the weights were not used.
     *
     * @param dweights of any strides but for the last axis, whose stride is 1
     * @param reserve as {@link #forward} left it; undefined afterwards: each forward pass has one backward pass at most
     */
    void backward(
            AttentionCall call,
            View q,
            View k,
            View v,
            @Nullable View mask,
            @Nullable View keyPadding,
            View y,
            Storage reserve,
            View dy,
            @Nullable View dweights,
            View dq,
            View dk,
            View dv);
}
