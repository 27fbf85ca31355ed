package dev.gatun.cpu;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;

/**
 * A right operand that was packed to be kept: panels of {@code width} columns, the last of what is left, in memory of their own.
 * Who uses it holds a reference to that memory.
 *
 * @param gemm whose layout the panels have
 * @param of the matrix that was packed, or what it is known by
 * @param width columns of a panel
 * @param panels from left to right
 * @param memory where they lie
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
record PackedOperand(Gemm gemm, Matrix of, int width, PackedMatrix[] panels, CpuStorage memory)
        implements AutoCloseable {
    /** Packs a matrix, known as {@code of}, its panels shared out among the threads. */
    static PackedOperand pack(CpuRuntime runtime, Gemm gemm, Matrix of, Matrix matrix, int width) {
        PackedMatrix[] panels = new PackedMatrix[Math.ceilDiv(matrix.columns(), width)];
        long bytes = gemm.packedBytes(matrix.rows(), Math.min(width, matrix.columns()));
        CpuStorage memory = runtime.scratch(Math.multiplyExact(bytes, panels.length));
        try {
            runtime.pool().run(panels.length, i -> {
                Matrix part = matrix.columns(i * width, Math.min(i * width + width, matrix.columns()));
                panels[i] = gemm.pack(part, memory.segment().asSlice(i * bytes, bytes));
            });
        } catch (Throwable thrown) {
            memory.release();
            throw thrown;
        }
        return new PackedOperand(gemm, of, width, panels, memory);
    }

    /** Whether this is what {@link #pack} would make of a matrix in the same storage. */
    boolean isOf(Gemm other, Matrix matrix, int columns) {
        return gemm.equals(other)
                && width == columns
                && of.offset() == matrix.offset()
                && of.rows() == matrix.rows()
                && of.columns() == matrix.columns()
                && of.rowStride() == matrix.rowStride()
                && of.columnStride() == matrix.columnStride();
    }

    /** Drops the reference that {@link PackedOperands#find} gave. */
    @Override
    public void close() {
        memory.release();
    }
}
