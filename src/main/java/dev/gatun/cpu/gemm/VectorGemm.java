package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.VectorSpecies;

/**
 * Single-precision products in the Vector API: panels of b stay in the first cache while tiles of a pass by (Goto and van de
 * Geijn, "Anatomy of High-Performance Matrix Multiplication", 2008). Rows of a whose elements lie side by side are read in place.
 *
 * <p>Each element of c is a sum over blocks of {@value #DEPTH} along k, in order, each block one chain of fused multiply-adds from
 * zero; nothing else enters, so that every size of vector gives the same bits.
 */
public final class VectorGemm implements Gemm {
    /** Elements of k in a block: a panel and a tile's rows of this length fit the first cache. */
    private static final int DEPTH = 256;

    /** Rows in a block: so many rows of a, {@link #DEPTH} long, fit the second cache. */
    private static final int ROWS = 512;

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
            for (int j = 0; j < b.columns(); j += tiles.panel()) {
                packPanel(b, p, depth, j, target, panelAt(b.columns(), p, depth, j));
            }
        }
        return new PackedMatrix(target, b.rows(), b.columns());
    }

    private long panelAt(int n, int p, int depth, int j) {
        long padded = (long) Math.ceilDiv(n, tiles.panel()) * tiles.panel();
        return 4 * (p * padded + (long) j * depth);
    }

    private void packPanel(Matrix b, int p, int depth, int j, MemorySegment target, long at) {
        int panel = tiles.panel();
        int columns = Math.min(panel, b.columns() - j);
        if (columns == panel && b.columnStride() == 1) {
            long first = 4 * (b.offset() + p * b.rowStride() + j);
            tiles.copyPanel(depth, b.segment(), first, 4 * b.rowStride(), target, at);
            return;
        }
        if (columns < panel) {
            target.asSlice(at, 4L * depth * panel).fill((byte) 0);
        }
        packing.copy(b, p, j, depth, columns, target, at, 4L * panel);
    }

    @Override
    public void multiply(Matrix a, PackedMatrix b, boolean accumulate, Matrix c) {
        Operands.check(a, b.k(), b.n(), c);
        multiply(a, b.segment(), (p, depth, j) -> panelAt(b.n(), p, depth, j), accumulate, c);
    }

    @Override
    public void multiply(Matrix a, Matrix b, boolean accumulate, Matrix c) {
        Operands.check(a, b.rows(), b.columns(), c);
        int panel = tiles.panel();
        MemorySegment panels = Scratch.ofThread().panels(2L * panel * DEPTH * 4);
        PanelSource source = (p, depth, j) -> {
            packPanel(b, p, depth, j, panels, 0);
            if (j + panel < b.columns()) {
                packPanel(b, p, depth, j + panel, panels, 4L * panel * depth);
            }
            return 0;
        };
        multiply(a, panels, source, accumulate, c);
    }

    /** Where panels of b are found, or put when they are asked for. */
    private interface PanelSource {
        /** The first byte of column j's panel in the block of rows from p on; the next panel follows it. */
        long at(int p, int depth, int j);
    }

    private void multiply(Matrix a, MemorySegment b, PanelSource panels, boolean accumulate, Matrix c) {
        if (a.columns() == 0 && !accumulate) {
            clear(c);
        }
        int width = 2 * tiles.panel();
        for (int i = 0; i < a.rows(); i += ROWS) {
            int iEnd = Math.min(i + ROWS, a.rows());
            Matrix target = c.rows(i, iEnd);
            for (int p = 0; p < a.columns(); p += DEPTH) {
                int depth = Math.min(DEPTH, a.columns() - p);
                Matrix left = withRuns(a.rows(i, iEnd).columns(p, p + depth));
                for (int j = 0; j < c.columns(); j += width) {
                    multiplyPair(left, b, panels.at(p, depth, j), accumulate || p > 0, target, j);
                }
            }
        }
    }

    private static void clear(Matrix c) {
        for (int i = 0; i < c.rows(); i++) {
            long first = 4 * (c.offset() + i * c.rowStride());
            c.segment().asSlice(first, 4L * c.columns()).fill((byte) 0);
        }
    }

    /** The same elements, copied only if those of a row do not lie side by side. */
    private Matrix withRuns(Matrix a) {
        if (a.columnStride() == 1 || a.columns() == 1) {
            return a;
        }
        MemorySegment rows = Scratch.ofThread().rows(4L * ROWS * DEPTH);
        packing.copy(a, 0, 0, a.rows(), a.columns(), rows, 0, DEPTH * 4L);
        return new Matrix(rows, 0, a.rows(), a.columns(), DEPTH, 1);
    }

    /** Columns j and on of one block: two panels, or what is left of them. */
    private void multiplyPair(Matrix a, MemorySegment b, long first, boolean accumulate, Matrix c, int j) {
        int panel = tiles.panel();
        int columns = Math.min(2 * panel, c.columns() - j);
        long second = columns > panel ? first + 4L * panel * a.columns() : first;
        if (a.rows() == 1) {
            multiplyRow(a, 0, b, first, second, accumulate, c, j, columns);
            return;
        }
        multiplyPanel(a, b, first, accumulate, c, j, Math.min(columns, panel));
        if (columns > panel) {
            multiplyPanel(a, b, second, accumulate, c, j + panel, columns - panel);
        }
    }

    private void multiplyPanel(
            Matrix a, MemorySegment b, long bFirst, boolean accumulate, Matrix c, int j, int columns) {
        float[] sums = Scratch.ofThread().sums;
        for (int i = 0; i < a.rows(); i += 8) {
            int rows = Math.min(8, a.rows() - i);
            if (rows == 1) {
                multiplyRow(a, i, b, bFirst, bFirst, accumulate, c, j, columns);
                return;
            }
            long aFirst = 4 * (a.offset() + i * a.rowStride());
            if (rows > 4) {
                tiles.eight(a.columns(), a.segment(), aFirst, 4 * a.rowStride(), rows - 1, b, bFirst, sums);
            } else {
                tiles.four(a.columns(), a.segment(), aFirst, 4 * a.rowStride(), rows - 1, b, bFirst, sums);
            }
            long cFirst = 4 * (c.offset() + i * c.rowStride() + j);
            if (columns == tiles.panel()) {
                tiles.store(sums, rows, accumulate, c.segment(), cFirst, 4 * c.rowStride());
            } else {
                storeEdge(sums, rows, columns, accumulate, c.segment(), cFirst, 4 * c.rowStride());
            }
        }
    }

    private void storeEdge(
            float[] sums, int rows, int columns, boolean accumulate, MemorySegment c, long cFirst, long cStep) {
        for (int i = 0; i < rows; i++) {
            long cAt = cFirst + i * cStep;
            int first = i * tiles.panel();
            for (int j = 0; j < columns; j++) {
                float before = accumulate ? c.get(ValueLayout.JAVA_FLOAT, cAt + j * 4L) : -0f;
                c.set(ValueLayout.JAVA_FLOAT, cAt + j * 4L, before + sums[first + j]);
            }
        }
    }

    private void multiplyRow(
            Matrix a,
            int i,
            MemorySegment b,
            long first,
            long second,
            boolean accumulate,
            Matrix c,
            int j,
            int columns) {
        float[] sums = Scratch.ofThread().sums;
        tiles.one(a.columns(), a.segment(), 4 * (a.offset() + i * a.rowStride()), b, first, second, sums);
        long cFirst = 4 * (c.offset() + i * c.rowStride() + j);
        if (columns == 2 * tiles.panel()) {
            // One row of two panels: to the store it is two rows of one, side by side.
            tiles.store(sums, 2, accumulate, c.segment(), cFirst, 4L * tiles.panel());
        } else {
            storeEdge(sums, 1, columns, accumulate, c.segment(), cFirst, 0);
        }
    }
}
