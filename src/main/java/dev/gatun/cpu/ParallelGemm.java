package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import dev.gatun.cpu.gemm.WideningGemm;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Single products spread over the threads: tall ones by rows, wide ones by columns, small ones not at all. */
final class ParallelGemm {
    /** Multiply-adds that are worth waking a thread for. */
    private static final long TASK_WORK = 1 << 20;

    /** More tasks than threads, so that a late thread holds up little. */
    private static final int TASKS_PER_THREAD = 4;

    /** Whole tiles and whole panels, so that splitting leaves no more edges than there were. */
    private static final int ROW_GRAIN = 8;

    private static final int COLUMN_GRAIN = 64;

    /** Rows up to which a product waits for its right operand to come from memory: as many multiply-adds as one then takes. */
    private static final int FEW_ROWS = 8;

    private final CpuRuntime runtime;
    private final DType dtype;
    private final Gemm gemm;

    /** Products of factors of one type with results of the type in which they are summed. */
    ParallelGemm(CpuRuntime runtime, DType factors) {
        this.runtime = runtime;
        this.dtype = factors.sumType();
        Gemm wide = runtime.kernels(dtype).gemm();
        this.gemm = factors == dtype ? wide : new WideningGemm(factors, wide);
    }

    /** Tasks that a product [rows, k] × [k, columns] is worth. */
    int tasks(double rows, int k, int columns) {
        double work = Math.max(rows, FEW_ROWS) * k * columns;
        return (int) Math.clamp(
                work / TASK_WORK,
                1,
                runtime.pool().threads() == 1 ? 1 : runtime.pool().threads() * TASKS_PER_THREAD);
    }

    /** c = a · b + bias, or c += a · b + bias; bias has the rows of c, a row stride of 0 repeats one. */
    void multiply(Matrix a, Matrix b, @Nullable Matrix bias, boolean accumulate, Matrix c) {
        int tasks = tasks(c.rows(), a.columns(), c.columns());
        if (tasks == 1) {
            multiplyHere(a, b, bias, accumulate, c);
        } else if (c.rows() >= c.columns()) {
            byRows(tasks, a, b, bias, accumulate, c);
        } else {
            int step = step(c.columns(), tasks, COLUMN_GRAIN);
            runtime.pool().run(Math.ceilDiv(c.columns(), step), task -> {
                int from = task * step;
                int to = Math.min(from + step, c.columns());
                Matrix part = bias == null ? null : bias.columns(from, to);
                multiplyHere(a, b.columns(from, to), part, accumulate, c.columns(from, to));
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

    /** As {@link #multiply(Matrix, Matrix, Matrix, boolean, Matrix)}; where there are fewer rows than columns, tasks are panels. */
    void multiply(Matrix a, PackedOperand b, @Nullable Matrix bias, boolean accumulate, Matrix c) {
        int tasks = tasks(c.rows(), a.columns(), c.columns());
        if (tasks > 1 && c.rows() < c.columns()) {
            int width = b.width();
            runtime.pool().run(b.panels().length, i -> {
                int from = i * width;
                int to = Math.min(from + width, c.columns());
                Matrix part = bias == null ? null : bias.columns(from, to);
                multiplyPanels(a, b, i, i + 1, part, accumulate, c.columns(from, to));
            });
            return;
        }
        int height = step(c.rows(), tasks, ROW_GRAIN);
        runtime.pool().run(Math.ceilDiv(c.rows(), height), task -> {
            int from = task * height;
            int to = Math.min(from + height, c.rows());
            Matrix part = bias == null ? null : bias.rows(from, to);
            multiplyPanels(a.rows(from, to), b, 0, b.panels().length, part, accumulate, c.rows(from, to));
        });
    }

    private void multiplyPanels(
            Matrix a, PackedOperand b, int first, int end, @Nullable Matrix bias, boolean accumulate, Matrix c) {
        boolean started = bias != null && start(bias, accumulate, c);
        int column = 0;
        for (int i = first; i < end; i++) {
            PackedMatrix panel = b.panels()[i];
            gemm.multiply(a, panel, accumulate || started, c.columns(column, column + panel.n()));
            column += panel.n();
        }
    }

    /** The same on the calling thread alone. */
    void multiplyHere(Matrix a, Matrix b, @Nullable Matrix bias, boolean accumulate, Matrix c) {
        boolean started = bias != null && start(bias, accumulate, c);
        gemm.multiply(a, b, accumulate || started, c);
    }

    /** Packs b once, its columns shared out among the threads, and then shares out the rows of c. */
    private void byRows(int tasks, Matrix a, Matrix b, @Nullable Matrix bias, boolean accumulate, Matrix c) {
        int width = step(c.columns(), runtime.pool().threads(), COLUMN_GRAIN);
        int height = step(c.rows(), tasks, ROW_GRAIN);
        PackedMatrix[] panels = new PackedMatrix[Math.ceilDiv(c.columns(), width)];
        long bytes = gemm.packedBytes(b.rows(), width);
        CpuStorage scratch = runtime.scratch(bytes * panels.length);
        try {
            runtime.pool().run(panels.length, task -> {
                Matrix part = b.columns(task * width, Math.min(task * width + width, b.columns()));
                panels[task] = gemm.pack(part, scratch.segment().asSlice(task * bytes, bytes));
            });
            runtime.pool().run(Math.ceilDiv(c.rows(), height), task -> {
                int from = task * height;
                int to = Math.min(from + height, c.rows());
                Matrix part = c.rows(from, to);
                boolean started = bias != null && start(bias.rows(from, to), accumulate, part);
                for (int i = 0; i < panels.length; i++) {
                    Matrix target = part.columns(i * width, i * width + panels[i].n());
                    gemm.multiply(a.rows(from, to), panels[i], accumulate || started, target);
                }
            });
        } finally {
            scratch.release();
        }
    }

    /** The length of the parts that give at most so many of them, in whole grains. */
    private static int step(int length, int parts, int grain) {
        return Math.ceilDiv(Math.ceilDiv(length, parts), grain) * grain;
    }

    /** c = bias, or c += bias: what the product is then added to. */
    private boolean start(Matrix bias, boolean accumulate, Matrix c) {
        for (int i = 0; i < c.rows(); i++) {
            long from = bias.offset() + i * bias.rowStride();
            long to = c.offset() + i * c.rowStride();
            if (!accumulate && bias.columnStride() == 1) {
                long size = dtype.byteSize();
                MemorySegment.copy(bias.segment(), from * size, c.segment(), to * size, c.columns() * size);
            } else if (dtype == DType.F32) {
                startSingle(bias, from, accumulate, c, to);
            } else {
                startDouble(bias, from, accumulate, c, to);
            }
        }
        return true;
    }

    private static void startSingle(Matrix bias, long from, boolean accumulate, Matrix c, long to) {
        for (int j = 0; j < c.columns(); j++) {
            float value = bias.segment().getAtIndex(ValueLayout.JAVA_FLOAT, from + j * bias.columnStride());
            float before = accumulate ? c.segment().getAtIndex(ValueLayout.JAVA_FLOAT, to + j) : -0f;
            c.segment().setAtIndex(ValueLayout.JAVA_FLOAT, to + j, before + value);
        }
    }

    private static void startDouble(Matrix bias, long from, boolean accumulate, Matrix c, long to) {
        for (int j = 0; j < c.columns(); j++) {
            double value = bias.segment().getAtIndex(ValueLayout.JAVA_DOUBLE, from + j * bias.columnStride());
            double before = accumulate ? c.segment().getAtIndex(ValueLayout.JAVA_DOUBLE, to + j) : -0.0;
            c.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, to + j, before + value);
        }
    }
}
