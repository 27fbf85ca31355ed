package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.gatun.backend.NormalizationOps;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.cpu.kernel.NormalizationKernels;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Layer normalisation on the CPU, in F32 and F64. */
final class CpuNormalization implements NormalizationOps {
    private static final int MOST_CHUNKS = 64;

    private final CpuRuntime runtime;

    CpuNormalization(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void layerNorm(
            View x, @Nullable View weight, @Nullable View bias, double epsilon, View y, View mean, View rstd) {
        check("layerNorm", x, y, mean, rstd);
        Kernels kernels = runtime.kernels(x.dtype());
        int n = x.size(1);
        Numbers in = new Numbers("layerNorm", x);
        Numbers out = new Numbers("layerNorm", y);
        Numbers means = new Numbers("layerNorm", mean);
        Numbers inverses = new Numbers("layerNorm", rstd);
        try (ParameterRow scale = new ParameterRow(runtime, "layerNorm", weight, x.dtype(), n, 1);
                ParameterRow shift = new ParameterRow(runtime, "layerNorm", bias, x.dtype(), n, 0)) {
            Numbers w = scale.numbers();
            Numbers b = shift.numbers();
            Ranges.run(runtime.pool(), x.size(0), Ranges.grain(n), (from, to) -> {
                for (long row = from; row < to; row++) {
                    long at = in.at(row * n);
                    double average = kernels.reductions().reduce(Reduction.SUM, in.segment(), at, n) / n;
                    double variance = kernels.reductions().squaredDeviations(in.segment(), at, average, n) / n;
                    double inverse = 1 / Math.sqrt(variance + epsilon);
                    kernels.normalization()
                            .normalize(
                                    in.segment(),
                                    at,
                                    average,
                                    inverse,
                                    w.segment(),
                                    w.at(0),
                                    b.segment(),
                                    b.at(0),
                                    out.segment(),
                                    out.at(row * n),
                                    n);
                    means.set(row, average);
                    inverses.set(row, inverse);
                }
            });
        }
    }

    @Override
    public void layerNormBackward(
            View x,
            @Nullable View weight,
            View mean,
            View rstd,
            View dy,
            @Nullable View dx,
            @Nullable View dweight,
            @Nullable View dbias) {
        check("layerNormBackward", x, dy, mean, rstd);
        if (dx != null) {
            check("layerNormBackward", x, dx, mean, rstd);
            inputGradient(x, weight, mean, rstd, dy, dx);
        }
        if (dweight != null || dbias != null) {
            parameterGradients(x, mean, rstd, dy, dweight, dbias);
        }
    }

    private void inputGradient(View x, @Nullable View weight, View mean, View rstd, View dy, View dx) {
        NormalizationKernels kernels = runtime.kernels(x.dtype()).normalization();
        int n = x.size(1);
        Numbers in = new Numbers("layerNormBackward", x);
        Numbers upstream = new Numbers("layerNormBackward", dy);
        Numbers out = new Numbers("layerNormBackward", dx);
        Numbers means = new Numbers("layerNormBackward", mean);
        Numbers inverses = new Numbers("layerNormBackward", rstd);
        try (ParameterRow scale = new ParameterRow(runtime, "layerNormBackward", weight, x.dtype(), n, 1)) {
            Numbers w = scale.numbers();
            Ranges.run(runtime.pool(), x.size(0), Ranges.grain(n), (from, to) -> {
                for (long row = from; row < to; row++) {
                    kernels.normalizeBackward(
                            in.segment(),
                            in.at(row * n),
                            means.get(row),
                            inverses.get(row),
                            w.segment(),
                            w.at(0),
                            upstream.segment(),
                            upstream.at(row * n),
                            out.segment(),
                            out.at(row * n),
                            n);
                }
            });
        }
    }

    /** Sums over chunks of rows that the shape alone decides, then over the chunks in order. */
    private void parameterGradients(
            View x, View mean, View rstd, View dy, @Nullable View dweight, @Nullable View dbias) {
        int n = x.size(1);
        long rows = x.size(0);
        long chunk = Math.max(Ranges.grain(n), (rows + MOST_CHUNKS - 1) / MOST_CHUNKS);
        int chunks = (int) ((rows + chunk - 1) / chunk);
        CpuStorage scratch = runtime.scratch(2L * chunks * n * Double.BYTES);
        try {
            MemorySegment partials = scratch.segment().fill((byte) 0);
            Ranges.run(runtime.pool(), rows, chunk, (from, to) -> {
                sumParameters(x, mean, rstd, dy, from, to, partials, 2 * (from / chunk) * n);
            });
            combine(partials, 0, chunks, n, dweight);
            combine(partials, n, chunks, n, dbias);
        } finally {
            scratch.release();
        }
    }

    private void sumParameters(
            View x, View mean, View rstd, View dy, long from, long to, MemorySegment partials, long at) {
        NormalizationKernels kernels = runtime.kernels(x.dtype()).normalization();
        int n = x.size(1);
        Numbers in = new Numbers("layerNormBackward", x);
        Numbers upstream = new Numbers("layerNormBackward", dy);
        Numbers means = new Numbers("layerNormBackward", mean);
        Numbers inverses = new Numbers("layerNormBackward", rstd);
        for (long row = from; row < to; row++) {
            kernels.normalizeParameters(
                    in.segment(),
                    in.at(row * n),
                    means.get(row),
                    inverses.get(row),
                    upstream.segment(),
                    upstream.at(row * n),
                    partials,
                    at,
                    partials,
                    at + n,
                    n);
        }
    }

    private static void combine(MemorySegment partials, int first, int chunks, int n, @Nullable View gradient) {
        if (gradient == null) {
            return;
        }
        Numbers out = new Numbers("layerNormBackward", gradient);
        for (int i = 0; i < n; i++) {
            double sum = 0;
            for (int part = 0; part < chunks; part++) {
                sum += partials.getAtIndex(JAVA_DOUBLE, first + 2L * part * n + i);
            }
            out.set(i, sum);
        }
    }

    private static void check(String operation, View x, View other, View mean, View rstd) {
        Elementwise.sameType(operation, x, other, mean, rstd);
        Shape stats = Shape.of(x.rank() == 2 ? x.size(0) : 0);
        if (x.rank() != 2
                || !x.shape().equals(other.shape())
                || !mean.shape().equals(stats)
                || !rstd.shape().equals(stats)) {
            throw new ShapeException(
                    operation,
                    "expected [rows, features] twice and [rows] twice, was given " + x.shape() + ", " + other.shape()
                            + ", " + mean.shape() + " and " + rstd.shape());
        }
    }
}
