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
            MemorySegment parameters,
            long parametersAt,
            double[] sums,
            int n) {
        double sum = 0;
        double dot = 0;
        for (int i = 0; i < n; i++) {
            double gradient = element.get(dy, dyAt + i);
            double normal = (element.get(x, xAt + i) - mean) * rstd;
            double g = gradient * element.get(weight, weightAt + i);
            sum += g;
            dot += g * normal;
            add(gradient * normal, parameters, parametersAt + i);
            add(gradient, parameters, parametersAt + n + i);
        }
        sums[0] = sum;
        sums[1] = dot;
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
        double average = sums[0] / n;
        double slope = sums[1] / n;
        for (int i = 0; i < n; i++) {
            double g = element.get(dy, dyAt + i) * element.get(weight, weightAt + i);
            double normal = (element.get(x, xAt + i) - mean) * rstd;
            element.set(dx, dxAt + i, rstd * (g - average - normal * slope));
        }
    }
}
