package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.util.List;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Single-precision products in the Vector API: a block of b, laid out in panels, stays in the caches as far as they hold it, while
 * a few rows of a after another pass it (Goto and van de Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008).
 *
 * <p>Each element of c is a sum over blocks of {@value #DEPTH} along k, in order, each block one chain of fused multiply-adds from
 * zero; nothing else enters, so that every size of vector gives the same bits.
 */
public final class VectorGemm implements Gemm {
    private static final int DEPTH = Panels.DEPTH;

    /** Elements of b in a block, 2 MiB: so many that copies of rows of a hardly count. */
    private static final int BLOCK = 512 << 10;

    /** Columns of a block are a multiple of this: whole panels of any vectors. */
    private static final int COLUMN_GRAIN = 64;

    /** Rows of a that are laid out at a time: whole squares of any vectors. */
    private static final int ROWS = 16;

    /** With fewer rows of a, reading rows of b as they lie takes less time than laying them out. */
    private static final int FEW_ROWS = 4;

    private final int tallest;
    private final Tiles tiles;
    private final @Nullable Tiles columnTiles;
    private final Packing packing;
    private final Panels panels;
    private final RowProduct few;

    /** Products with vectors of one size. */
    public VectorGemm(VectorSpecies<Float> species) {
        this(species, tallest(species.vectorBitSize(), System.getProperty("os.arch")));
    }

    /** The tallest tiles have eight rows or six. */
    VectorGemm(VectorSpecies<Float> species, int tallest) {
        this.tallest = tallest;
        MethodHandles.Lookup lookup = MethodHandles.lookup();
        this.tiles = tiles(lookup, species, false);
        this.columnTiles = tallest == Tiles.HEIGHT ? tiles(lookup, species, true) : null;
        this.packing = new Packing(Specialization.of(lookup, VectorSquares.class, Squares.class, species));
        this.panels = new Panels(tiles, packing);
        this.few = new RowProduct(Specialization.of(lookup, VectorRowSums.class, RowSums.class, species));
    }

    private static Tiles tiles(MethodHandles.Lookup lookup, VectorSpecies<Float> species, boolean columns) {
        return Specialization.of(lookup, VectorTiles.class, Tiles.class, new VectorTiles.Of(species, columns));
    }

    /**
     * Six rows on x86 with vectors shorter than 512 bits, where there are sixteen registers as a rule: twelve sums, two vectors of b,
     * one of a. Else eight.
     */
    static int tallest(int bits, String architecture) {
        return bits < 512 && List.of("amd64", "x86_64").contains(architecture) ? 6 : 8;
    }

    @Override
    public long packedBytes(int k, int n) {
        return panels.bytes(k, n);
    }

    @Override
    public PackedMatrix pack(Matrix b, MemorySegment target) {
        panels.pack(b, target);
        return new PackedMatrix(target, b.rows(), b.columns());
    }

    @Override
    public void multiply(Matrix a, PackedMatrix b, boolean accumulate, Matrix c) {
        start(a, b.k(), b.n(), accumulate, c);
        multiply(a, b.segment(), null, accumulate, c);
    }

    @Override
    public void multiply(Matrix a, Matrix b, boolean accumulate, Matrix c) {
        start(a, b.rows(), b.columns(), accumulate, c);
        if (a.rows() < FEW_ROWS && b.columnStride() == 1) {
            few.multiply(a, b, accumulate, c);
        } else {
            long bytes = Math.min(4L * BLOCK, panels.bytes(Math.min(b.rows(), DEPTH), b.columns()));
            multiply(a, Scratch.ofThread().panels(bytes), b, accumulate, c);
        }
    }

    /** Checks the sizes; a sum of nothing is zero. */
    private static void start(Matrix a, int k, int n, boolean accumulate, Matrix c) {
        Operands.check(a, k, n, c);
        for (int i = 0; k == 0 && !accumulate && i < c.rows(); i++) {
            long first = 4 * (c.offset() + i * c.rowStride());
            c.segment().asSlice(first, 4L * n).fill((byte) 0);
        }
    }

    /** The panels hold all of b, or are where its blocks are put in turn. */
    private void multiply(Matrix a, MemorySegment packed, @Nullable Matrix b, boolean accumulate, Matrix c) {
        for (int p = 0; p < a.columns(); p += DEPTH) {
            int depth = Math.min(DEPTH, a.columns() - p);
            int width = BLOCK / depth / COLUMN_GRAIN * COLUMN_GRAIN;
            for (int j = 0; j < c.columns(); j += width) {
                int columns = Math.min(width, c.columns() - j);
                long first = b == null ? panels.at(c.columns(), p, depth, j) : 0;
                if (b != null) {
                    panels.packBlock(b, p, depth, j, columns, packed, first);
                }
                multiplyBlock(a, p, depth, packed, first, accumulate || p > 0, c, j, columns);
            }
        }
    }

    /**
     * Some columns of c, and one block of k. Rows of a are laid out first where the elements neither of its rows nor of its columns
     * lie side by side, and where tiles have six rows: C2 keeps one of the sums of six by columns outside the registers.
     */
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
        long first = 4 * (a.offset() + p * a.columnStride());
        if (a.columnStride() == 1 || a.columns() == 1) {
            long step = 4 * a.rowStride();
            multiplyRows(tiles, a.rows(), depth, a.segment(), first, step, b, bFirst, accumulate, c, 0, j, columns);
        } else if (a.rowStride() == 1 && columnTiles != null) {
            long step = 4 * a.columnStride();
            multiplyRows(
                    columnTiles, a.rows(), depth, a.segment(), first, step, b, bFirst, accumulate, c, 0, j, columns);
        } else {
            MemorySegment rows = Scratch.ofThread().rows(4L * ROWS * Tiles.LONG_ROW);
            long step = 4L * Tiles.LONG_ROW;
            for (int i = 0; i < a.rows(); i += ROWS) {
                int count = Math.min(ROWS, a.rows() - i);
                packing.copy(a, i, p, count, depth, rows, 0, step);
                multiplyRows(tiles, count, depth, rows, 0, step, b, bFirst, accumulate, c, i, j, columns);
            }
        }
    }

    /** Rows i and on of c and of columns j and on: a tile's rows at a time over all panels of the block. */
    private void multiplyRows(
            Tiles of,
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
        long cStep = 4 * c.rowStride();
        long cFirst = 4 * (c.offset() + i * c.rowStride() + j);
        long aRow = of.byColumns() ? 4 : aStep;
        int height;
        for (int done = 0; done < rows; done += height) {
            height = height(rows - done);
            long aAt = aFirst + done * aRow;
            long cAt = cFirst + done * cStep;
            if (height == 1 && !of.byColumns()) {
                multiplyRow(depth, a, aAt, b, bFirst, columns, accumulate, c.segment(), cAt);
            } else {
                of.copyRows(height, tile(height), depth, a, aAt, aStep, Scratch.ofThread().tile);
                multiplyTiles(of, height, depth, b, bFirst, columns, accumulate, c.segment(), cAt, cStep);
            }
        }
    }

    /** Rows of the tile for so many. */
    private static int tile(int height) {
        return height > 6 ? 8 : height > 4 ? 6 : 4;
    }

    /** Rows of the next tiles. Instead of six and two, eight are two tiles of four. */
    private int height(int left) {
        return tallest == 6 && left == 8 ? 4 : Math.min(left, tallest);
    }

    /** Up to a tile's rows over all panels of the block. */
    private void multiplyTiles(
            Tiles of,
            int height,
            int depth,
            MemorySegment b,
            long bFirst,
            int columns,
            boolean accumulate,
            MemorySegment c,
            long cFirst,
            long cStep) {
        int panel = tiles.panel();
        Scratch scratch = Scratch.ofThread();
        for (int from = 0; from < columns; from += panel) {
            long bAt = bFirst + 4L * from * depth;
            switch (tile(height)) {
                case 8 -> of.eight(depth, scratch.tile, b, bAt, 4L * panel, scratch.sums);
                case 6 -> of.six(depth, scratch.tile, b, bAt, 4L * panel, scratch.sums);
                default -> of.four(depth, scratch.tile, b, bAt, 4L * panel, scratch.sums);
            }
            store(scratch.sums, height, Math.min(panel, columns - from), accumulate, c, cFirst + 4L * from, cStep);
        }
    }

    private void store(
            float[] sums, int rows, int columns, boolean accumulate, MemorySegment c, long cFirst, long cStep) {
        if (columns == tiles.panel()) {
            tiles.store(sums, rows, accumulate, c, cFirst, cStep);
            return;
        }
        for (int i = 0; i < rows; i++) {
            RowProduct.store(sums, i * tiles.panel(), columns, accumulate, c, cFirst + i * cStep);
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
            long cFirst) {
        int panel = tiles.panel();
        float[] sums = Scratch.ofThread().sums;
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
                RowProduct.store(sums, 0, width, accumulate, c, cAt);
            }
        }
    }
}
