package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/**
 * How tiles read a right operand: block by block of {@value #DEPTH} along k, within a block panel by panel, within a panel a run of
 * its columns for each k. What the last panel lacks in columns is zero.
 */
final class Panels {
    /** Elements of k in a block: so many that what begins and ends a tile hardly counts. */
    static final int DEPTH = 1024;

    /** Panels written side by side: where they lie a power of two apart, the first cache has room for no more. */
    private static final int GROUP = 8;

    private final Tiles tiles;
    private final Packing packing;

    Panels(Tiles tiles, Packing packing) {
        this.tiles = tiles;
        this.packing = packing;
    }

    /** Bytes of all panels of a matrix [k, n], a multiple of 64. */
    long bytes(int k, int n) {
        long columns = (long) Math.ceilDiv(n, tiles.panel()) * tiles.panel();
        return Math.ceilDiv(Math.multiplyExact(columns * 4, (long) k), 64L) * 64;
    }

    /** The first byte of column j's panel in the block of {@code depth} rows from p on, in a matrix of n columns. */
    long at(int n, int p, int depth, int j) {
        long columns = (long) Math.ceilDiv(n, tiles.panel()) * tiles.panel();
        return 4 * (p * columns + (long) j * depth);
    }

    /** Lays out all blocks. */
    void pack(Matrix b, MemorySegment target) {
        for (int p = 0; p < b.rows(); p += DEPTH) {
            int depth = Math.min(DEPTH, b.rows() - p);
            packBlock(b, p, depth, 0, b.columns(), target, at(b.columns(), p, depth, 0));
        }
    }

    /** Lays out some columns of one block. */
    void packBlock(Matrix b, int p, int depth, int j, int columns, MemorySegment target, long to) {
        int panel = tiles.panel();
        int whole = b.columnStride() == 1 ? columns / panel * panel : 0;
        copyWhole(b, p, depth, j, whole, target, to);
        for (int done = whole; done < columns; done += panel) {
            long at = to + 4L * done * depth;
            int rest = Math.min(panel, columns - done);
            if (rest < panel) {
                target.asSlice(at, 4L * depth * panel).fill((byte) 0);
            }
            packing.copy(b, p, j + done, depth, rest, target, at, 4L * panel);
        }
    }

    private void copyWhole(Matrix b, int p, int depth, int j, int columns, MemorySegment target, long to) {
        int group = GROUP * tiles.panel();
        for (int done = 0; done < columns; done += group) {
            int panels = Math.min(group, columns - done) / tiles.panel();
            long from = 4 * (b.offset() + p * b.rowStride() + j + done);
            tiles.copyPanels(depth, panels, b.segment(), from, 4 * b.rowStride(), target, to + 4L * done * depth);
        }
    }
}
