package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Copies of single-precision blocks into the runs of elements that tiles read. Positions and steps are in bytes. */
final class Packing {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final Squares squares;

    Packing(Squares squares) {
        this.squares = squares;
    }

    /**
     * Element (row + i, column + j) of {@code from} to {@code to + i · toStep + 4 j}. Where columns are runs, squares of them are
     * transposed as vectors.
     */
    void copy(Matrix from, int row, int column, int rows, int columns, MemorySegment to, long toFirst, long toStep) {
        int side = squares.side();
        int squareRows = from.rowStride() == 1 ? rows / side * side : 0;
        int squareColumns = columns / side * side;
        long first = from.offset() + row * from.rowStride() + column * from.columnStride();
        for (int j = 0; j < squareColumns; j += side) {
            for (int i = 0; i < squareRows; i += side) {
                transpose(from, first + i + j * from.columnStride(), to, toFirst + i * toStep + j * 4L, toStep);
            }
        }
        for (int i = 0; i < rows; i++) {
            int done = i < squareRows ? squareColumns : 0;
            long at = first + i * from.rowStride() + done * from.columnStride();
            copyRow(from.segment(), at, from.columnStride(), columns - done, to, toFirst + i * toStep + done * 4L);
        }
    }

    private void transpose(Matrix from, long first, MemorySegment to, long toFirst, long toStep) {
        int[] rows = Scratch.ofThread().square;
        squares.transpose(from.segment(), 4 * first, 4 * from.columnStride(), to, toFirst, toStep, rows);
    }

    private static void copyRow(
            MemorySegment from, long first, long stride, int count, MemorySegment to, long toFirst) {
        if (stride == 1) {
            MemorySegment.copy(from, 4 * first, to, toFirst, 4L * count);
            return;
        }
        for (int j = 0; j < count; j++) {
            to.set(FLOAT, toFirst + j * 4L, from.getAtIndex(FLOAT, first + j * stride));
        }
    }
}
