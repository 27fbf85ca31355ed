package dev.gatun.cpu.kernel;

import java.lang.foreign.MemorySegment;

/**
 * Normalisation of whole rows: a segment and, beside it, the place of the row's first element. Sums are taken in double, or in the
 * element type over few numbers and in double over those sums.
 */
public interface NormalizationKernels {
    /** y = (x − mean) · rstd · weight + bias. */
    void normalize(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment bias,
            long biasAt,
            MemorySegment y,
            long yAt,
            int n);

    /**
     * What the gradients need of a row, in one pass: sums = {Σ g, Σ g x̂}, dweight += dy · x̂ and dbias += dy, with g = dy · weight and
     * x̂ = (x − mean) · rstd. The gradients of the parameters are of the element type: n numbers of dweight, then n of dbias.
     */
    void normalizeSums(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment parameters,
            long parametersAt,
            double[] sums,
            int n);

    /** dx = rstd · (g − Σ g / n − x̂ · Σ g x̂ / n), with g = dy · weight, x̂ = (x − mean) · rstd and the sums above. */
    void normalizeBackward(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            double[] sums,
            MemorySegment dx,
            long dxAt,
            int n);
}
