package dev.gatun.cpu.kernel;

import dev.gatun.backend.Reduction;
import java.lang.foreign.MemorySegment;

/**
 * Reductions of whole rows: a segment and, beside it, the place of the row's first element. Sums are taken in double, in an order that
 * depends on n alone.
 */
public interface ReductionKernels {
    /** The reduction of a row before MEAN is divided: Σ x for it. 0 or the infinity that loses where n is 0. */
    double reduce(Reduction reduction, MemorySegment x, long xAt, int n);

    /** results[i] = the reduction of results[i] and x[i]; the results are doubles, of any element type of x. */
    void reduceColumns(Reduction reduction, MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n);

    /** The place of the largest, the first of equals; NaN counts as largest. */
    int argMax(MemorySegment x, long xAt, int n);

    /** Σ a b. */
    double dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n);

    /** moments[0] = the mean of x, moments[1] = its variance Σ (x − mean)² / n. */
    void moments(MemorySegment x, long xAt, int n, double[] moments);
}
