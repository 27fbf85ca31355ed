package dev.gatun.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.gatun.backend.Reduction;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/** Functions of whole rows, element by element, in double. */
public final class ScalarRowKernels implements RowKernels {
    private final Element element;

    /** Kernels for F32 or F64. */
    public ScalarRowKernels(DType dtype) {
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

    private static double include(Reduction reduction, double result, double x) {
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
    public double squaredDeviations(MemorySegment x, long xAt, double mean, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            double deviation = element.get(x, xAt + i) - mean;
            sum += deviation * deviation;
        }
        return sum;
    }

    /** The largest number of a row, 0 where that is −∞: a shift under which no exponential overflows. NaN is passed over. */
    private double shift(MemorySegment x, long xAt, int n) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < n; i++) {
            double next = element.get(x, xAt + i);
            largest = next > largest ? next : largest;
        }
        return largest == Double.NEGATIVE_INFINITY ? 0 : largest;
    }

    private double sumOfExponentials(MemorySegment x, long xAt, double shift, int n) {
        double sum = 0;
        for (int i = 0; i < n; i++) {
            sum += Math.exp(element.get(x, xAt + i) - shift);
        }
        return sum;
    }

    @Override
    public double logSumExp(MemorySegment x, long xAt, int n) {
        double shift = shift(x, xAt, n);
        return shift + Math.log(sumOfExponentials(x, xAt, shift, n));
    }

    @Override
    public void exponential(MemorySegment x, long xAt, double shift, double factor, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i++) {
            element.set(y, yAt + i, factor * Math.exp(element.get(x, xAt + i) - shift));
        }
    }

    @Override
    public void softmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        double shift = shift(x, xAt, n);
        double sum = sumOfExponentials(x, xAt, shift, n);
        exponential(x, xAt, shift, sum == 0 ? 0 : 1 / sum, y, yAt, n);
    }

    @Override
    public void softmaxBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        double dot = dot(y, yAt, dy, dyAt, n);
        for (int i = 0; i < n; i++) {
            element.set(dx, dxAt + i, element.get(y, yAt + i) * (element.get(dy, dyAt + i) - dot));
        }
    }

    @Override
    public void logSoftmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        double shift = shift(x, xAt, n);
        double log = Math.log(sumOfExponentials(x, xAt, shift, n));
        for (int i = 0; i < n; i++) {
            element.set(y, yAt + i, element.get(x, xAt + i) - shift - log);
        }
    }

    @Override
    public void logSoftmaxBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        double sum = reduce(Reduction.SUM, dy, dyAt, n);
        for (int i = 0; i < n; i++) {
            element.set(dx, dxAt + i, element.get(dy, dyAt + i) - Math.exp(element.get(y, yAt + i)) * sum);
        }
    }

    @Override
    public void normalize(
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
            int n) {
        for (int i = 0; i < n; i++) {
            double normal = (element.get(x, xAt + i) - mean) * rstd;
            element.set(y, yAt + i, normal * element.get(weight, weightAt + i) + element.get(bias, biasAt + i));
        }
    }

    @Override
    public void normalizeBackward(
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
            int n) {
        double sum = 0;
        double dot = 0;
        for (int i = 0; i < n; i++) {
            double g = element.get(dy, dyAt + i) * element.get(weight, weightAt + i);
            sum += g;
            dot += g * (element.get(x, xAt + i) - mean) * rstd;
        }
        for (int i = 0; i < n; i++) {
            double g = element.get(dy, dyAt + i) * element.get(weight, weightAt + i);
            double normal = (element.get(x, xAt + i) - mean) * rstd;
            element.set(dx, dxAt + i, rstd * (g - sum / n - normal * dot / n));
        }
    }

    @Override
    public void normalizeParameters(
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
            int n) {
        for (int i = 0; i < n; i++) {
            double g = element.get(dy, dyAt + i);
            double normal = (element.get(x, xAt + i) - mean) * rstd;
            dweight.setAtIndex(JAVA_DOUBLE, dweightAt + i, dweight.getAtIndex(JAVA_DOUBLE, dweightAt + i) + g * normal);
            dbias.setAtIndex(JAVA_DOUBLE, dbiasAt + i, dbias.getAtIndex(JAVA_DOUBLE, dbiasAt + i) + g);
        }
    }
}
