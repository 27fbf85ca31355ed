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
            element.set(dweight, dweightAt + i, element.get(dweight, dweightAt + i) + g * normal);
            element.set(dbias, dbiasAt + i, element.get(dbias, dbiasAt + i) + g);
        }
    }
}
