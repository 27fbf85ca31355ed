package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/** Products of few rows, each a sum of rows of b as they lie: to lay b out would take longer. */
final class RowProduct {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private final RowSums rows;

    RowProduct(RowSums rows) {
        this.rows = rows;
    }

    /** c = a · b, or c += a · b; b's columnStride is 1. */
    void multiply(Matrix a, Matrix b, boolean accumulate, Matrix c) {
        float[] sums = Scratch.ofThread().row;
        for (int p = 0; p < a.columns(); p += Panels.DEPTH) {
            int depth = Math.min(Panels.DEPTH, a.columns() - p);
            for (int j = 0; j < c.columns(); j += sums.length) {
                int columns = Math.min(sums.length, c.columns() - j);
                for (int i = 0; i < a.rows(); i++) {
                    Arrays.fill(sums, 0, columns, 0);
                    add(a, i, p, depth, b, j, columns, sums);
                    long cFirst = 4 * (c.offset() + i * c.rowStride() + j);
                    store(sums, 0, columns, accumulate || p > 0, c.segment(), cFirst);
                }
            }
        }
    }

    private void add(Matrix a, int i, int p, int depth, Matrix b, int j, int columns, float[] sums) {
        long step = 4 * b.rowStride();
        long bFirst = 4 * (b.offset() + j) + p * step;
        long aFirst = a.offset() + i * a.rowStride() + p * a.columnStride();
        long next = a.columnStride();
        MemorySegment x = a.segment();
        int whole = depth / 4 * 4;
        for (int q = 0; q < whole; q += 4) {
            long at = aFirst + q * next;
            float x0 = x.getAtIndex(FLOAT, at);
            float x1 = x.getAtIndex(FLOAT, at + next);
            float x2 = x.getAtIndex(FLOAT, at + 2 * next);
            float x3 = x.getAtIndex(FLOAT, at + 3 * next);
            rows.addFour(columns, x0, x1, x2, x3, b.segment(), bFirst + q * step, step, sums);
        }
        for (int q = whole; q < depth; q++) {
            rows.addOne(columns, x.getAtIndex(FLOAT, aFirst + q * next), b.segment(), bFirst + q * step, sums);
        }
    }

    /** c = sums, or c += sums, for so many columns of one row. */
    static void store(float[] sums, int first, int columns, boolean accumulate, MemorySegment c, long cFirst) {
        for (int j = 0; j < columns; j++) {
            float before = accumulate ? c.get(FLOAT, cFirst + j * 4L) : -0f;
            c.set(FLOAT, cFirst + j * 4L, before + sums[first + j]);
        }
    }
}
