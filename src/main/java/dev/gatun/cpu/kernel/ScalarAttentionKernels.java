package dev.gatun.cpu.kernel;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Plain loops in double, for F32 and F64: each result is rounded once. */
public final class ScalarAttentionKernels implements AttentionKernels {
    private final Element element;

    /** Rows of F32 or of F64. */
    public ScalarAttentionKernels(DType dtype) {
        this.element = Element.of(dtype);
    }

    @Override
    public double largest(MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt) {
        double largest = Double.NEGATIVE_INFINITY;
        for (int j = 0; j < n; j++) {
            largest = Math.max(largest, score(s, at + j, scale, bias, biasAt + j));
        }
        return largest;
    }

    @Override
    public double exponentials(
            MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt, double shift) {
        if (shift == Double.NEGATIVE_INFINITY) {
            fill(s, at, n, 0);
            return 0;
        }
        double sum = 0;
        for (int j = 0; j < n; j++) {
            double power = Math.exp(score(s, at + j, scale, bias, biasAt + j) - shift);
            element.set(s, at + j, power);
            sum += power;
        }
        return sum;
    }

    @Override
    public void fill(MemorySegment x, long at, int n, double value) {
        for (int j = 0; j < n; j++) {
            element.set(x, at + j, value);
        }
    }

    @Override
    public void multiply(MemorySegment x, long at, int n, double factor) {
        for (int j = 0; j < n; j++) {
            element.set(x, at + j, element.get(x, at + j) * factor);
        }
    }

    @Override
    public void scoreGradient(MemorySegment p, long at, MemorySegment dp, long dpAt, int n, double mean, double scale) {
        for (int j = 0; j < n; j++) {
            element.set(dp, dpAt + j, element.get(p, at + j) * (element.get(dp, dpAt + j) - mean) * scale);
        }
    }

    @Override
    public void block(MemorySegment blocked, long blockedAt, long stride, MemorySegment bias, long at, int n) {
        for (int j = 0; j < n; j++) {
            boolean isBlocked = blocked.get(ValueLayout.JAVA_BYTE, blockedAt + j * stride) != 0;
            element.set(bias, at + j, isBlocked ? Double.NEGATIVE_INFINITY : 0);
        }
    }

    @Override
    public double dot(MemorySegment a, long at, MemorySegment b, long bAt, int n) {
        double sum = 0;
        for (int j = 0; j < n; j++) {
            sum += element.get(a, at + j) * element.get(b, bAt + j);
        }
        return sum;
    }

    private double score(MemorySegment s, long at, double scale, @Nullable MemorySegment bias, long biasAt) {
        return bias == null ? element.get(s, at) * scale : element.get(s, at) * scale + element.get(bias, biasAt);
    }
}
