package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import dev.gatun.cpu.gemm.WideningGemm;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.layout.DType;
import org.jspecify.annotations.Nullable;

/** Single products spread over the threads: tall ones by rows, wide ones by columns, small ones not at all. */
final class ParallelGemm {
    /** Multiply-adds that are worth waking a thread for. */
    private static final long TASK_WORK = 1 << 20;

    /** More tasks than threads, so that a late thread holds up little. */
    private static final int TASKS_PER_THREAD = 4;

    /** Whole tiles of eight rows and whole panels, so that splitting leaves hardly more edges than there were. */
    private static final int ROW_GRAIN = 8;

    private static final int COLUMN_GRAIN = 64;

    /** Rows up to which a product waits for its right operand to come from memory: as many multiply-adds as one then takes. */
    private static final int FEW_ROWS = 8;

    /** What of a result is computed before its activation: it is then still in the second cache. */
    private static final long CACHED_BYTES = 1 << 18;

    /** Rows below which a packed operand would be read too often for what is done with it. */
    private static final int LEAST_ROWS = 64;

    /** Rows for which an operand that is not packed beforehand is packed anew in any case. */
    private static final int WHOLE_ROWS = 512;

    private final CpuRuntime runtime;
    private final DType dtype;
    private final Kernels kernels;
    private final Gemm gemm;

    /** Products of factors of one type with results of the type in which they are summed. */
    ParallelGemm(CpuRuntime runtime, DType factors) {
        this.runtime = runtime;
        this.dtype = factors.sumType();
        this.kernels = runtime.kernels(dtype);
        this.gemm = factors == dtype ? kernels.gemm() : new WideningGemm(factors, kernels.gemm());
    }

    /** Tasks that a product [rows, k] × [k, columns] is worth. */
    int tasks(double rows, int k, int columns) {
        double work = Math.max(rows, FEW_ROWS) * k * columns;
        return (int) Math.clamp(
                work / TASK_WORK,
                1,
                runtime.pool().threads() == 1 ? 1 : runtime.pool().threads() * TASKS_PER_THREAD);
    }

    /** What an outcome says, of a · b. */
    void multiply(Matrix a, Matrix b, Outcome c) {
        Matrix sum = c.sum();
        int tasks = tasks(sum.rows(), a.columns(), sum.columns());
        if (tasks == 1) {
            multiplyHere(a, b, c);
        } else if (sum.rows() >= sum.columns()) {
            byRows(tasks, a, b, c);
        } else {
            int step = step(sum.columns(), tasks, COLUMN_GRAIN);
            runtime.pool().run(Math.ceilDiv(sum.columns(), step), task -> {
                int from = task * step;
                int to = Math.min(from + step, sum.columns());
                multiplyHere(a, b.columns(from, to), c.columns(from, to));
            });
        }
    }

    /** Whether a right operand may be kept packed: as weights are read, transposed, or where packing would take most of the time. */
    static boolean isWorthKeeping(Matrix b, int rows) {
        return b.rows() > 0 && (b.rowStride() == 1 || rows == 1);
    }

    /** The packed form of a right operand, if it is kept; the caller closes it. */
    @Nullable
    PackedOperand find(View view, Matrix b) {
        int width = step(b.columns(), runtime.pool().threads() * TASKS_PER_THREAD, COLUMN_GRAIN);
        return CpuStorage.of(view.storage()).packed().find(runtime, gemm, b, width);
    }

    /** As {@link #multiply(Matrix, Matrix, Outcome)}; where there are fewer rows than columns, tasks are panels. */
    void multiply(Matrix a, PackedOperand b, Outcome c) {
        int rows = c.sum().rows();
        int columns = c.sum().columns();
        int tasks = tasks(rows, a.columns(), columns);
        if (tasks > 1 && rows < columns) {
            int width = b.width();
            runtime.pool().run(b.panels().length, i -> {
                Outcome part = c.columns(i * width, Math.min(i * width + width, columns));
                multiplyPanels(a, new PackedMatrix[] {b.panels()[i]}, part);
            });
        } else {
            byRows(height(tasks, c), a, b.panels(), c);
        }
    }

    private void byRows(int height, Matrix a, PackedMatrix[] b, Outcome c) {
        int rows = c.sum().rows();
        runtime.pool().run(Math.ceilDiv(rows, height), task -> {
            int from = task * height;
            int to = Math.min(from + height, rows);
            multiplyPanels(a.rows(from, to), b, c.rows(from, to));
        });
    }

    private void multiplyPanels(Matrix a, PackedMatrix[] b, Outcome c) {
        boolean begun = c.begin(kernels);
        int column = 0;
        for (PackedMatrix panel : b) {
            gemm.multiply(a, panel, begun, c.sum().columns(column, column + panel.n()));
            column += panel.n();
        }
        c.end(kernels);
    }

    /** The same on the calling thread alone. */
    void multiplyHere(Matrix a, Matrix b, Outcome c) {
        int height = c.activation() == null ? Math.max(1, c.sum().rows()) : WHOLE_ROWS;
        for (int from = 0; from < c.sum().rows(); from += height) {
            int to = Math.min(from + height, c.sum().rows());
            Outcome part = c.rows(from, to);
            gemm.multiply(a.rows(from, to), b, part.begin(kernels), part.sum());
            part.end(kernels);
        }
    }

    /** Packs b once, its columns shared out among the threads, and then shares out the rows of c. */
    private void byRows(int tasks, Matrix a, Matrix b, Outcome c) {
        int width = step(b.columns(), runtime.pool().threads(), COLUMN_GRAIN);
        PackedMatrix[] panels = new PackedMatrix[Math.ceilDiv(b.columns(), width)];
        long bytes = gemm.packedBytes(b.rows(), width);
        CpuStorage scratch = runtime.scratch(bytes * panels.length);
        try {
            runtime.pool().run(panels.length, task -> {
                Matrix part = b.columns(task * width, Math.min(task * width + width, b.columns()));
                panels[task] = gemm.pack(part, scratch.segment().asSlice(task * bytes, bytes));
            });
            byRows(height(tasks, c), a, panels, c);
        } finally {
            scratch.release();
        }
    }

    /** Rows of a task: fewer, where an activation follows, so that they are still in the cache then. */
    private int height(int tasks, Outcome c) {
        int height = step(c.sum().rows(), tasks, ROW_GRAIN);
        if (c.activation() == null) {
            return height;
        }
        long cached = CACHED_BYTES / ((long) c.sum().columns() * dtype.byteSize());
        return Math.clamp(cached / ROW_GRAIN * ROW_GRAIN, Math.min(height, LEAST_ROWS), height);
    }

    /** The length of the parts that give at most so many of them, in whole grains. */
    private static int step(int length, int parts, int grain) {
        return Math.ceilDiv(Math.ceilDiv(length, parts), grain) * grain;
    }
}
