package dev.gatun.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.gatun.backend.Reduction;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/** Reductions of rows, element by element, in double. */
public final class ScalarReductionKernels implements ReductionKernels {
    private final Element element;

    /** Kernels for F32 or F64. */
    public ScalarReductionKernels(DType dtype) {
        this.element = Element.of(dtype);
    }

    @Override
    public double reduce(Reduction reduction, MemorySegment x, long xAt, int n) {
        double result = identity(reduction);
        for (int i = 0; i < n; i++) {
            result = include(reduction, result, element.get(x, xAt + i));
        }
        return result;
    }

    @Override
    public void reduceColumns(
            Reduction reduction, MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n) {
        for (int i = 0; i < n; i++) {
            double before = results.getAtIndex(JAVA_DOUBLE, resultsAt + i);
            results.setAtIndex(JAVA_DOUBLE, resultsAt + i, include(reduction, before, element.get(x, xAt + i)));
        }
    }

    /** What a reduction starts with. */
    static double identity(Reduction reduction) {
        return switch (reduction) {
            case SUM, MEAN, SUM_OF_SQUARES -> 0;
            case MAX -> Double.NEGATIVE_INFINITY;
            case MIN -> Double.POSITIVE_INFINITY;
        };
    }

    /** A result with one number more. */
    static double include(Reduction reduction, double result, double x) {
        return switch (reduction) {
            case SUM, MEAN -> result + x;
            case SUM_OF_SQUARES -> result + x * x;
            case MAX -> Math.max(result, x);
            case MIN -> Math.min(result, x);
        };
    }

    @Override
    public int argMax(MemorySegment x, long xAt, int n) {
        int best = 0;
        for (int i = 1; i < n; i++) {
            double largest = element.get(x, xAt + best);
            double next = element.get(x, xAt + i);
            if (next > largest || Double.isNaN(next) && !Double.isNaN(largest)) {
                best = i;
            }
        }
        return best;
    }

    @Override
    public double dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += element.get(a, aAt + i) * element.get(b, bAt + i);
        }
        return sum;
    }

    @Override
    public void moments(MemorySegment x, long xAt, int n, double[] moments) {
        double mean = reduce(Reduction.SUM, x, xAt, n) / n;
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double deviation = element.get(x, xAt + i) - mean;
            sum += deviation * deviation;
        }
        moments[0] = mean;
        moments[1] = sum / n;
    }
}
