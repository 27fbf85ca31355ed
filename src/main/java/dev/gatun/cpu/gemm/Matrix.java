package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/**
 * A matrix in memory: element (i, j) is at {@code offset + i · rowStride + j · columnStride}, in elements.
 *
 * @param segment where it lies
 * @param offset its first element
 * @param rows rows
 * @param columns columns
 * @param rowStride distance between rows
 * @param columnStride distance between columns
 */
public record Matrix(MemorySegment segment, long offset, int rows, int columns, long rowStride, long columnStride) {
    /** Row-major, its rows without gaps. */
    public static Matrix rowMajor(MemorySegment segment, long offset, int rows, int columns) {
        return new Matrix(segment, offset, rows, columns, columns, 1);
    }

    /** The same elements with rows and columns exchanged. */
    public Matrix transposed() {
        return new Matrix(segment, offset, columns, rows, columnStride, rowStride);
    }

    /** Rows {@code from} (inclusive) to {@code to} (exclusive). */
    public Matrix rows(int from, int to) {
        return new Matrix(segment, offset + from * rowStride, to - from, columns, rowStride, columnStride);
    }

    /** Columns {@code from} (inclusive) to {@code to} (exclusive). */
    public Matrix columns(int from, int to) {
        return new Matrix(segment, offset + from * columnStride, rows, to - from, rowStride, columnStride);
    }
}
