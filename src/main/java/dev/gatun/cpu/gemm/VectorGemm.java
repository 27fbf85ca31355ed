package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Single-precision products in the Vector API: a block of b, laid out in panels, stays in the second cache while eight rows of a
 * after another pass it (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
 *
 * <p>Each element of c is a sum over blocks of {@value #DEPTH} along k, in order, each block one chain of fused multiply-adds from
 * zero; nothing else enters, so that every size of vector gives the same bits.
 */
public final class VectorGemm implements Gemm {
    /** Elements of k in a block: so many that what begins and ends a tile hardly counts. */
    private static final int DEPTH = 1024;

    /** Elements of b in a block: half of what a second cache of 1 MiB holds. */
    private static final int BLOCK = 128 << 10;

    /** Columns of a block are a multiple of this: whole panels of any vectors. */
    private static final int COLUMN_GRAIN = 64;

    /** Rows of a that are copied at a time where their elements do not lie side by side: whole tiles, whole squares. */
    private static final int ROWS = 16;

    /** Between copied rows of a: not quite a power of two, so that they differ in their place in the cache. */
    private static final int ROW_STRIDE = DEPTH + 16;

    private final Tiles tiles;
    private final Packing packing;

    /** Products with vectors of one size. */
    public VectorGemm(VectorSpecies<Float> species) {
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        this.tiles = Specialization.of(lookup, VectorTiles.class, Tiles.class, species);
        this.packing = new Packing(Specialization.of(lookup, VectorSquares.class, Squares.class, species));
    }

    @Override
    public long packedBytes(int k, int n) {
        long panels = Math.ceilDiv(n, tiles.panel());
        return Math.ceilDiv(Math.multiplyExact(panels * tiles.panel() * 4, (long) k), 64L) * 64;
    }

    /** Block by block of k, and within a block panel by panel; what the last panel lacks in columns is zero. */
    @Override
    public PackedMatrix pack(Matrix b, MemorySegment target) {
        for (int p = 0; p < b.rows(); p += DEPTH) {
            int depth = Math.min(DEPTH, b.rows() - p);
            packBlock(b, p, depth, 0, b.columns(), target, panelAt(b.columns(), p, depth, 0));
        }
        return new PackedMatrix(target, b.rows(), b.columns());
    }

    private long panelAt(int n, int p, int depth, int j) {
        long padded = (long) Math.ceilDiv(n, tiles.panel()) * tiles.panel();
        return 4 * (p * padded + (long) j * depth);
    }

    /** Lays out the panels of one block. */
    private void packBlock(Matrix b, int p, int depth, int j, int columns, MemorySegment target, long at) {
        int panel = tiles.panel();
        int whole = b.columnStride() == 1 ? columns / panel : 0;
        long first = 4 * (b.offset() + p * b.rowStride() + j * b.columnStride());
        tiles.copyPanels(depth, whole, b.segment(), first, 4 * b.rowStride(), target, at);
        for (int done = whole * panel; done < columns; done += panel) {
            long to = at + 4L * done * depth;
            int rest = Math.min(panel, columns - done);
            if (rest < panel) {
                target.asSlice(to, 4L * depth * panel).fill((byte) 0);
            }
            packing.copy(b, p, j + done, depth, rest, target, to, 4L * panel);
        }
    }

    @Override
    public void multiply(Matrix a, PackedMatrix b, boolean accumulate, Matrix c) {
        Operands.check(a, b.k(), b.n(), c);
        multiply(a, b.segment(), null, accumulate, c);
    }

    @Override
    public void multiply(Matrix a, Matrix b, boolean accumulate, Matrix c) {
        Operands.check(a, b.rows(), b.columns(), c);
        multiply(a, Scratch.ofThread().panels(4L * BLOCK), b, accumulate, c);
    }

    /** The panels hold all of b, or are where its blocks are put in turn. */
    private void multiply(Matrix a, MemorySegment panels, @Nullable Matrix b, boolean accumulate, Matrix c) {
        if (a.columns() == 0 && !accumulate) {
            clear(c);
        }
        for (int p = 0; p < a.columns(); p += DEPTH) {
            int depth = Math.min(DEPTH, a.columns() - p);
            int width = BLOCK / depth / COLUMN_GRAIN * COLUMN_GRAIN;
            for (int j = 0; j < c.columns(); j += width) {
                int columns = Math.min(width, c.columns() - j);
                long first = b == null ? panelAt(c.columns(), p, depth, j) : 0;
                if (b != null) {
                    packBlock(b, p, depth, j, columns, panels, first);
                }
                multiplyBlock(a, p, depth, panels, first, accumulate || p > 0, c, j, columns);
            }
        }
    }

    private static void clear(Matrix c) {
        for (int i = 0; i < c.rows(); i++) {
            long first = 4 * (c.offset() + i * c.rowStride());
            c.segment().asSlice(first, 4L * c.columns()).fill((byte) 0);
        }
    }

    /** Some columns of c, and one block of k: rows of a whose elements lie side by side are read in place. */
    private void multiplyBlock(
            Matrix a,
            int p,
            int depth,
            MemorySegment b,
            long bFirst,
            boolean accumulate,
            Matrix c,
            int j,
            int columns) {
        if (a.columnStride() == 1 || depth == 1) {
            long first = 4 * (a.offset() + p * a.columnStride());
            multiplyRows(
                    a.rows(), depth, a.segment(), first, 4 * a.rowStride(), b, bFirst, accumulate, c, 0, j, columns);
            return;
        }
        MemorySegment rows = Scratch.ofThread().rows(4L * ROWS * ROW_STRIDE);
        for (int i = 0; i < a.rows(); i += ROWS) {
            int count = Math.min(ROWS, a.rows() - i);
            packing.copy(a, i, p, count, depth, rows, 0, 4L * ROW_STRIDE);
            multiplyRows(count, depth, rows, 0, 4L * ROW_STRIDE, b, bFirst, accumulate, c, i, j, columns);
        }
    }

    /** Rows i and on of c and of columns j and on: eight at a time over all panels of the block. */
    private void multiplyRows(
            int rows,
            int depth,
            MemorySegment a,
            long aFirst,
            long aStep,
            MemorySegment b,
            long bFirst,
            boolean accumulate,
            Matrix c,
            int i,
            int j,
            int columns) {
        int panel = tiles.panel();
        float[] sums = Scratch.ofThread().sums;
        long cStep = 4 * c.rowStride();
        long cFirst = 4 * (c.offset() + i * c.rowStride() + j);
        for (int done = 0; done < rows; done += 8) {
            int height = Math.min(8, rows - done);
            long aAt = aFirst + done * aStep;
            long cAt = cFirst + done * cStep;
            if (height == 1) {
                multiplyRow(depth, a, aAt, b, bFirst, columns, accumulate, c.segment(), cAt, sums);
                return;
            }
            for (int from = 0; from < columns; from += panel) {
                long bAt = bFirst + 4L * from * depth;
                if (height > 4) {
                    tiles.eight(depth, a, aAt, aStep, height - 1, b, bAt, sums);
                } else {
                    tiles.four(depth, a, aAt, aStep, height - 1, b, bAt, sums);
                }
                store(sums, height, Math.min(panel, columns - from), accumulate, c.segment(), cAt + 4L * from, cStep);
            }
        }
    }

    private void store(
            float[] sums, int rows, int columns, boolean accumulate, MemorySegment c, long cFirst, long cStep) {
        if (columns == tiles.panel()) {
            tiles.store(sums, rows, accumulate, c, cFirst, cStep);
            return;
        }
        for (int i = 0; i < rows; i++) {
            storeEdge(sums, i * tiles.panel(), columns, accumulate, c, cFirst + i * cStep);
        }
    }

    private static void storeEdge(
            float[] sums, int first, int columns, boolean accumulate, MemorySegment c, long cFirst) {
        for (int j = 0; j < columns; j++) {
            float before = accumulate ? c.get(ValueLayout.JAVA_FLOAT, cFirst + j * 4L) : -0f;
            c.set(ValueLayout.JAVA_FLOAT, cFirst + j * 4L, before + sums[first + j]);
        }
    }

    /** One row over two panels at a time. */
    private void multiplyRow(
            int depth,
            MemorySegment a,
            long aFirst,
            MemorySegment b,
            long bFirst,
            int columns,
            boolean accumulate,
            MemorySegment c,
            long cFirst,
            float[] sums) {
        int panel = tiles.panel();
        for (int from = 0; from < columns; from += 2 * panel) {
            long first = bFirst + 4L * from * depth;
            int width = Math.min(2 * panel, columns - from);
            long second = width > panel ? first + 4L * panel * depth : first;
            tiles.one(depth, a, aFirst, b, first, second, sums);
            long cAt = cFirst + 4L * from;
            // To the store a row of two panels is two rows of one, side by side.
            if (width == 2 * panel) {
                tiles.store(sums, 2, accumulate, c, cAt, 4L * panel);
            } else {
                storeEdge(sums, 0, width, accumulate, c, cAt);
            }
        }
    }
}
