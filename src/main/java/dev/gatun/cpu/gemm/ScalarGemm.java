package dev.gatun.cpu.gemm;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * The plain product, for F32 and F64: each element is summed in a double over ascending k and rounded once. It needs no module
 * beside java.base, and the vector product is measured against it.
 */
public final class ScalarGemm implements Gemm {
    /** Sizes of a block: its sums and the part of b that they need stay in the cache. */
    private static final int ROWS = 64;

    private static final int COLUMNS = 128;
    private static final int DEPTH = 256;

    /** The blocks of one thread, kept until it ends: a recurrent layer multiplies at every step. */
    private static final class Blocks {
        static final ThreadLocal<Blocks> OF_THREAD = ThreadLocal.withInitial(Blocks::new);

        final double[] row = new double[DEPTH];
        final double[][] panel = new double[DEPTH][COLUMNS];
        final double[][] sums = new double[ROWS][COLUMNS];
    }

    private final boolean isSingle;

    /** Products in F32 or in F64. */
    public ScalarGemm(DType dtype) {
        if (!dtype.isComputable()) {
            throw new IllegalArgumentException("gemm: expected F32 or F64, was given " + dtype);
        }
        this.isSingle = dtype == DType.F32;
    }

    @Override
    public void multiply(Matrix a, Matrix b, boolean accumulate, Matrix c) {
        Operands.check(a, b.rows(), b.columns(), c);
        Blocks blocks = Blocks.OF_THREAD.get();
        for (int j = 0; j < b.columns(); j += COLUMNS) {
            int jEnd = Math.min(j + COLUMNS, b.columns());
            for (int i = 0; i < a.rows(); i += ROWS) {
                int iEnd = Math.min(i + ROWS, a.rows());
                sum(a.rows(i, iEnd), b.columns(j, jEnd), blocks);
                Matrix block = c.rows(i, iEnd).columns(j, jEnd);
                for (int r = 0; r < block.rows(); r++) {
                    store(blocks.sums[r], accumulate, block, r);
                }
            }
        }
    }

    /** sums[i, j] = Σ a[i, p] · b[p, j] over ascending p, a panel of b's rows at a time. */
    private void sum(Matrix a, Matrix b, Blocks blocks) {
        int width = b.columns();
        for (int i = 0; i < a.rows(); i++) {
            Arrays.fill(blocks.sums[i], 0, width, 0);
        }
        for (int from = 0; from < b.rows(); from += DEPTH) {
            int depth = Math.min(DEPTH, b.rows() - from);
            for (int p = 0; p < depth; p++) {
                load(b, from + p, 0, width, blocks.panel[p]);
            }
            for (int i = 0; i < a.rows(); i++) {
                load(a, i, from, depth, blocks.row);
                for (int p = 0; p < depth; p++) {
                    addScaled(blocks.row[p], blocks.panel[p], blocks.sums[i], width);
                }
            }
        }
    }

    /** With one index for both arrays the compiler sees that it may use vectors. */
    private static void addScaled(double factor, double[] terms, double[] sums, int count) {
        for (int j = 0; j < count; j++) {
            sums[j] += factor * terms[j];
        }
    }

    private void load(Matrix matrix, int row, int column, int count, double[] target) {
        long stride = matrix.columnStride();
        long first = matrix.offset() + row * matrix.rowStride() + column * stride;
        for (int j = 0; j < count; j++) {
            target[j] = get(matrix.segment(), first + j * stride);
        }
    }

    private void store(double[] sums, boolean accumulate, Matrix c, int row) {
        long first = c.offset() + row * c.rowStride();
        for (int j = 0; j < c.columns(); j++) {
            double sum = accumulate ? get(c.segment(), first + j) + sums[j] : sums[j];
            if (isSingle) {
                c.segment().setAtIndex(ValueLayout.JAVA_FLOAT, first + j, (float) sum);
            } else {
                c.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, first + j, sum);
            }
        }
    }

    private double get(MemorySegment segment, long index) {
        return isSingle
                ? segment.getAtIndex(ValueLayout.JAVA_FLOAT, index)
                : segment.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
    }

    @Override
    public long packedBytes(int k, int n) {
        return Math.ceilDiv(Math.multiplyExact((long) k * n, isSingle ? 4L : 8L), 64L) * 64;
    }

    /** Row-major without gaps: all that this product gains from packing is that rows of b lie together. */
    @Override
    public PackedMatrix pack(Matrix b, MemorySegment target) {
        Matrix packed = Matrix.rowMajor(target, 0, b.rows(), b.columns());
        double[] row = new double[b.columns()];
        for (int p = 0; p < b.rows(); p++) {
            load(b, p, 0, b.columns(), row);
            store(row, false, packed, p);
        }
        return new PackedMatrix(target, b.rows(), b.columns());
    }

    @Override
    public void multiply(Matrix a, PackedMatrix b, boolean accumulate, Matrix c) {
        multiply(a, Matrix.rowMajor(b.segment(), 0, b.k(), b.n()), accumulate, c);
    }
}
