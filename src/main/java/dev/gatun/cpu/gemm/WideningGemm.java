package dev.gatun.cpu.gemm;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Products of BF16 or F16 operands with sums and results in F32, by another product's kernel: blocks of a and b are widened to
 * F32, which is exact, as the kernel comes to them. Each element of c is a sum over blocks of {@value #DEPTH} along k, in order.
 */
public final class WideningGemm implements Gemm {
    /** Sizes of a block: as long in k as the vector product's, so that it gives the bits of a product of widened operands. */
    private static final int DEPTH = 1024;

    private static final int ROWS = 256;
    private static final int COLUMNS = 128;

    private final Gemm single;
    private final boolean isHalf;

    /**
     * Products of an element type.
     *
     * @param dtype BF16 or F16
     * @param single the product of F32
     */
    public WideningGemm(DType dtype, Gemm single) {
        if (dtype != DType.BF16 && dtype != DType.F16) {
            throw new IllegalArgumentException("gemm: expected BF16 or F16, was given " + dtype);
        }
        this.single = single;
        this.isHalf = dtype == DType.F16;
    }

    @Override
    public void multiply(Matrix a, Matrix b, boolean accumulate, Matrix c) {
        Operands.check(a, b.rows(), b.columns(), c);
        MemorySegment target = Scratch.ofThread().wideColumns(4L * DEPTH * COLUMNS);
        multiply(a, accumulate, c, (left, p, j, add, sums) -> {
            Matrix block = b.rows(p, p + left.columns()).columns(j, j + sums.columns());
            single.multiply(left, widened(block, target), add, sums);
        });
    }

    @Override
    public void multiply(Matrix a, PackedMatrix b, boolean accumulate, Matrix c) {
        Operands.check(a, b.k(), b.n(), c);
        multiply(a, accumulate, c, (left, p, j, add, sums) -> {
            MemorySegment panels = b.segment().asSlice(blockAt(b.n(), p, left.columns(), j));
            single.multiply(left, new PackedMatrix(panels, left.columns(), sums.columns()), add, sums);
        });
    }

    /** What is done with a block of b, of rows from p on and columns from j on. */
    private interface Block {
        /** sums = left · block, or sums += left · block. */
        void multiply(Matrix left, int p, int j, boolean add, Matrix sums);
    }

    private void multiply(Matrix a, boolean accumulate, Matrix c, Block block) {
        MemorySegment target = Scratch.ofThread().wideRows(4L * ROWS * DEPTH);
        for (int i = 0; i < a.rows(); i += ROWS) {
            int iEnd = Math.min(i + ROWS, a.rows());
            // Without terms there still is one block, an empty one, so that c becomes 0.
            for (int p = 0; p < Math.max(1, a.columns()); p += DEPTH) {
                int pEnd = Math.min(p + DEPTH, a.columns());
                Matrix left = widened(a.rows(i, iEnd).columns(p, pEnd), target);
                for (int j = 0; j < c.columns(); j += COLUMNS) {
                    Matrix sums = c.rows(i, iEnd).columns(j, Math.min(j + COLUMNS, c.columns()));
                    block.multiply(left, p, j, accumulate || p > 0, sums);
                }
            }
        }
    }

    @Override
    public long packedBytes(int k, int n) {
        long whole = k / DEPTH * rowBytes(DEPTH, n);
        return k % DEPTH == 0 ? whole : whole + rowBytes(k % DEPTH, n);
    }

    /** Bytes of the blocks beside one another of so many rows. */
    private long rowBytes(int depth, int n) {
        long whole = n / COLUMNS * single.packedBytes(depth, COLUMNS);
        return n % COLUMNS == 0 ? whole : whole + single.packedBytes(depth, n % COLUMNS);
    }

    private long blockAt(int n, int p, int depth, int j) {
        return p / DEPTH * rowBytes(DEPTH, n) + j / COLUMNS * single.packedBytes(depth, COLUMNS);
    }

    /** Block by block of k, and within it of columns, each as the kernel packs it. */
    @Override
    public PackedMatrix pack(Matrix b, MemorySegment target) {
        MemorySegment wide = Scratch.ofThread().wideColumns(4L * DEPTH * COLUMNS);
        for (int p = 0; p < b.rows(); p += DEPTH) {
            Matrix rows = b.rows(p, Math.min(p + DEPTH, b.rows()));
            for (int j = 0; j < b.columns(); j += COLUMNS) {
                Matrix block = rows.columns(j, Math.min(j + COLUMNS, b.columns()));
                single.pack(widened(block, wide), target.asSlice(blockAt(b.columns(), p, rows.rows(), j)));
            }
        }
        return new PackedMatrix(target, b.rows(), b.columns());
    }

    /** The same elements in F32, without gaps, in the order in which they lie. */
    private Matrix widened(Matrix block, MemorySegment target) {
        if (block.rowStride() == 1 && block.columnStride() != 1) {
            return widened(block.transposed(), target).transposed();
        }
        for (int i = 0; i < block.rows(); i++) {
            long first = block.offset() + i * block.rowStride();
            long to = (long) i * block.columns();
            if (isHalf) {
                widenHalf(block.segment(), first, block.columnStride(), block.columns(), target, to);
            } else {
                widenBFloat(block.segment(), first, block.columnStride(), block.columns(), target, to);
            }
        }
        return Matrix.rowMajor(target, 0, block.rows(), block.columns());
    }

    private static void widenHalf(MemorySegment from, long first, long stride, int n, MemorySegment to, long at) {
        for (int j = 0; j < n; j++) {
            float value = Float.float16ToFloat(from.getAtIndex(ValueLayout.JAVA_SHORT, first + j * stride));
            to.setAtIndex(ValueLayout.JAVA_FLOAT, at + j, value);
        }
    }

    /** A bfloat16 is the upper half of a binary32. */
    private static void widenBFloat(MemorySegment from, long first, long stride, int n, MemorySegment to, long at) {
        for (int j = 0; j < n; j++) {
            int bits = from.getAtIndex(ValueLayout.JAVA_SHORT, first + j * stride) << 16;
            to.setAtIndex(ValueLayout.JAVA_INT, at + j, bits);
        }
    }
}
