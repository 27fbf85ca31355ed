package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.gatun.backend.NormalizationOps;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.cpu.kernel.NormalizationKernels;
import dev.gatun.cpu.kernel.ReductionKernels;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Layer normalisation on the CPU, in F32 and F64. */
final class CpuNormalization implements NormalizationOps {
    /** Rows whose part of the parameters' gradients is summed in the element type: so few that their sums are hardly rounded. */
    private static final int CHUNK = 64;

    /** Columns whose totals are at least worth a task. */
    private static final long LEAST_COLUMNS = 64;

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
                double[] moments = new double[2];
                for (long row = from; row < to; row++) {
                    long at = in.at(row * n);
                    kernels.reductions().moments(in.segment(), at, n, moments);
                    double average = moments[0];
                    double inverse = 1 / Math.sqrt(moments[1] + epsilon);
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

    /**
     * Parameters' gradients are sums over chunks of rows, then in double over the chunks in order. Sums over chunks are by the way in
     * a pass that dx needs too, and so are made even where nobody asks for them.
     */
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
        }
        int n = x.size(1);
        long rows = x.size(0);
        long chunks = (rows + CHUNK - 1) / CHUNK;
        long totalBytes = 2L * n * Double.BYTES;
        CpuStorage scratch =
                runtime.scratch(totalBytes + 2 * chunks * n * x.dtype().byteSize());
        try (ParameterRow scale = new ParameterRow(runtime, "layerNormBackward", weight, x.dtype(), n, 1)) {
            MemorySegment chunkSums = scratch.segment().asSlice(totalBytes);
            RowsBackward backward = new RowsBackward(x, scale.numbers(), mean, rstd, dy, dx);
            long grain = (Ranges.grain(n) + CHUNK - 1) / CHUNK * CHUNK;
            Ranges.run(runtime.pool(), rows, grain, (from, to) -> {
                double[] sums = new double[2];
                for (long row = from; row < to; row++) {
                    backward.row(row, chunkSums, sums);
                }
            });
            if (dweight != null || dbias != null) {
                MemorySegment totals = scratch.segment().asSlice(0, totalBytes).fill((byte) 0);
                total(x.dtype(), chunkSums, chunks, totals, 2 * n);
                write(totals, 0, dweight);
                write(totals, n, dbias);
            }
        } finally {
            scratch.release();
        }
    }

    /**
     * Adds up the chunks, column by column: as tasks, for where C2 inlined the kernel into the method above it came to the end of its
     * budget of nodes before the kernel's store, and kept each vector as an object.
     */
    private void total(DType dtype, MemorySegment chunkSums, long chunks, MemorySegment totals, int columns) {
        ReductionKernels reductions = runtime.kernels(dtype).reductions();
        long grain = Math.max(Ranges.grain(chunks), LEAST_COLUMNS);
        Ranges.run(runtime.pool(), columns, grain, (from, to) -> {
            for (long chunk = 0; chunk < chunks; chunk++) {
                long at = chunk * columns + from;
                reductions.reduceColumns(Reduction.SUM, chunkSums, at, totals, from, Math.toIntExact(to - from));
            }
        });
    }

    /** Gradients a row at a time, so that what both kinds of them read is read from memory once. */
    private final class RowsBackward {
        private final NormalizationKernels kernels;
        private final int n;
        private final long byteSize;
        private final Numbers x;
        private final Numbers weight;
        private final Numbers mean;
        private final Numbers rstd;
        private final Numbers dy;
        private final @Nullable Numbers dx;

        RowsBackward(View x, Numbers weight, View mean, View rstd, View dy, @Nullable View dx) {
            this.kernels = runtime.kernels(x.dtype()).normalization();
            this.n = x.size(1);
            this.byteSize = x.dtype().byteSize();
            this.x = new Numbers("layerNormBackward", x);
            this.weight = weight;
            this.mean = new Numbers("layerNormBackward", mean);
            this.rstd = new Numbers("layerNormBackward", rstd);
            this.dy = new Numbers("layerNormBackward", dy);
            this.dx = dx == null ? null : new Numbers("layerNormBackward", dx);
        }

        /** Adds what a row gives to the parameters' gradients of its chunk, weight's and bias's; then its dx, where it is asked for. */
        void row(long row, MemorySegment parameters, double[] sums) {
            long at = row / CHUNK * 2 * n;
            if (row % CHUNK == 0) {
                parameters.asSlice(at * byteSize, 2L * n * byteSize).fill((byte) 0);
            }
            double average = mean.get(row);
            double inverse = rstd.get(row);
            MemorySegment in = x.segment();
            MemorySegment gradient = dy.segment();
            long xAt = x.at(row * n);
            long dyAt = dy.at(row * n);
            MemorySegment w = weight.segment();
            long wAt = weight.at(0);
            kernels.normalizeSums(in, xAt, average, inverse, w, wAt, gradient, dyAt, parameters, at, sums, n);
            if (dx != null) {
                MemorySegment out = dx.segment();
                kernels.normalizeBackward(
                        in, xAt, average, inverse, w, wAt, gradient, dyAt, sums, out, dx.at(row * n), n);
            }
        }
    }

    private static void write(MemorySegment totals, int first, @Nullable View gradient) {
        if (gradient == null) {
            return;
        }
        Numbers out = new Numbers("layerNormBackward", gradient);
        for (int i = 0; i < gradient.size(0); i++) {
            out.set(i, totals.getAtIndex(JAVA_DOUBLE, first + i));
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
