package dev.gatun.cpu.kernel;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/** Normalisation of rows, element by element, in double. */
public final class ScalarNormalizationKernels implements NormalizationKernels {
    private final Element element;

    /** Kernels for F32 or F64. */
    public ScalarNormalizationKernels(DType dtype) {
        this.element = Element.of(dtype);
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
    public void normalizeSums(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dweight,
            long dweightAt,
            double[] sums,
            int n) {
        sums[0] = 0;
        sums[1] = 0;
        for (int i = 0; i < n; i++) {
            double gradient = element.get(dy, dyAt + i);
            double normal = (element.get(x, xAt + i) - mean) * rstd;
            double g = gradient * element.get(weight, weightAt + i);
            sums[0] += g;
            sums[1] += g * normal;
            add(gradient * normal, dweight, dweightAt + i);
            add(gradient, dweight, dweightAt + n + i);
        }
    }

    private void add(double value, MemorySegment to, long at) {
        element.set(to, at, element.get(to, at) + value);
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
            double[] sums,
            MemorySegment dx,
            long dxAt,
            int n) {
        for (int i = 0; i < n; i++) {
            double g = element.get(dy, dyAt + i) * element.get(weight, weightAt + i);
            double normal = (element.get(x, xAt + i) - mean) * rstd;
            element.set(dx, dxAt + i, rstd * (g - sums[0] / n - normal * sums[1] / n));
        }
    }
}
