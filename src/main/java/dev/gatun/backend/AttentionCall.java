package dev.gatun.backend;

import org.jspecify.annotations.Nullable;

/**
 * One scaled dot-product attention.
 *
 * @param scale factor of the scores, usually 1 / √headSize
 * @param causal whether query i may attend only to keys 0 to i
 * @param dropout share of attention weights dropped
 * @param stream where dropout takes its randomness, element (b, h, i, j) of [batch, heads, queries, keys] being the stream's element; null for none
 */
public record AttentionCall(
        double scale,
        boolean causal,
        double dropout,
        @Nullable RandomStream stream) {}
