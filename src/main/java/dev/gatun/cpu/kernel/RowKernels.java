package dev.gatun.cpu.kernel;

import dev.gatun.backend.Reduction;
import java.lang.foreign.MemorySegment;

/**
 * Functions of whole rows: a segment and, beside it, the place of the row's first element. Sums are taken in double, in an order that
 * depends on n alone.
 */
public interface RowKernels {
    /** The reduction of a row before MEAN is divided: Σ x for it. 0 or the infinity that loses where n is 0. */
    double reduce(Reduction reduction, MemorySegment x, long xAt, int n);

    /** results[i] = the reduction of results[i] and x[i]; the results are doubles, of any element type of x. */
    void reduceColumns(Reduction reduction, MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n);

    /** The place of the largest, the first of equals; NaN counts as largest. */
    int argMax(MemorySegment x, long xAt, int n);

    /** Σ a b. */
    double dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n);

    /** Σ (x − mean)². */
    double squaredDeviations(MemorySegment x, long xAt, double mean, int n);

    /** ln Σ eˣ; −∞ for a row of −∞. */
    double logSumExp(MemorySegment x, long xAt, int n);

    /** y = factor · e^(x − shift); in place allowed. */
    void exponential(MemorySegment x, long xAt, double shift, double factor, MemorySegment y, long yAt, int n);

    /** y = exp(x − max) / Σ exp(x − max); zeros for a row of −∞. In place allowed. */
    void softmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n);

    /** dx = y ⊙ (dy − Σ y ⊙ dy); in place allowed. */
    void softmaxBackward(MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n);

    /** y = x − max − ln Σ exp(x − max); in place allowed. */
    void logSoftmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n);

    /** dx = dy − exp(y) · Σ dy; in place allowed. */
    void logSoftmaxBackward(MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n);

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

    /** dx = rstd · (g − Σ g / n − x̂ · Σ g x̂ / n), with g = dy · weight and x̂ = (x − mean) · rstd. */
    void normalizeBackward(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n);

    /** dweight += dy · x̂ and dbias += dy, with x̂ = (x − mean) · rstd; both are doubles. */
    void normalizeParameters(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment dy,
            long dyAt,
            MemorySegment dweight,
            long dweightAt,
            MemorySegment dbias,
            long dbiasAt,
            int n);
}
