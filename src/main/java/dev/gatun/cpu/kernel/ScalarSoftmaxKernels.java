package dev.gatun.cpu.kernel;

import dev.gatun.backend.Reduction;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/** Exponentials of rows, element by element, in double. */
public final class ScalarSoftmaxKernels implements SoftmaxKernels {
    private final Element element;
    private final ReductionKernels reductions;

    /** Kernels for F32 or F64. */
    public ScalarSoftmaxKernels(DType dtype) {
        this.element = Element.of(dtype);
        this.reductions = new ScalarReductionKernels(dtype);
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
        double dot = reductions.dot(y, yAt, dy, dyAt, n);
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
        double sum = reductions.reduce(Reduction.SUM, dy, dyAt, n);
        for (int i = 0; i < n; i++) {
            element.set(dx, dxAt + i, element.get(dy, dyAt + i) - Math.exp(element.get(y, yAt + i)) * sum);
        }
    }
}
