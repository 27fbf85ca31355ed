package dev.gatun.backend;

import org.jspecify.annotations.Nullable;

/** Layer normalisation (Ba, Kiros and Hinton 2016) of rows: x, y [rows, features], weight and bias [features], mean and rstd [rows], all contiguous. */
public interface NormalizationOps {
    /** mean = Σ x / n, rstd = 1 / √(Σ (x − mean)² / n + epsilon), y = (x − mean) · rstd · weight + bias; a null weight is 1, a null bias 0. */
    void layerNorm(View x, @Nullable View weight, @Nullable View bias, double epsilon, View y, View mean, View rstd);

    /** Gradients of {@link #layerNorm}; those that are null are not wanted. */
    void layerNormBackward(
            View x,
            @Nullable View weight,
            View mean,
            View rstd,
            View dy,
            @Nullable View dx,
            @Nullable View dweight,
            @Nullable View dbias);
}
