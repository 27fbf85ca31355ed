package dev.gatun.cpu.gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * What one thread's products pack into, kept for as long as the thread is: up to 2 MiB for panels of operands that are not kept
 * packed, 0.1 MiB for rows, and 1.5 MiB for factors of BF16 and F16.
 */
final class Scratch {
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

    /** Sums of one tile: the widest vectors have 16 lanes, and a tile has two of them for each of 8 rows. */
    final float[] sums = new float[256];

    /** Rows of a for one tile, row by row or column by column. */
    final float[] tile = new float[Tiles.HEIGHT * Tiles.LONG_ROW];

    /** Sums of one row. */
    final float[] row = new float[1024];

    /** A square of vectors. */
    final int[] square = new int[256];

    private MemorySegment panels = MemorySegment.NULL;
    private MemorySegment rows = MemorySegment.NULL;
    private MemorySegment wideRows = MemorySegment.NULL;
    private MemorySegment wideColumns = MemorySegment.NULL;

    private Scratch() {}

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    /** Room for panels of b. */
    MemorySegment panels(long bytes) {
        if (panels.byteSize() < bytes) {
            panels = Arena.ofAuto().allocate(Long.highestOneBit(2 * bytes - 1), 64);
        }
        return panels;
    }

    /** Room for rows of a. */
    MemorySegment rows(long bytes) {
        if (rows.byteSize() < bytes) {
            rows = Arena.ofAuto().allocate(bytes, 64);
        }
        return rows;
    }

    /** Room for a block of a in F32. */
    MemorySegment wideRows(long bytes) {
        if (wideRows.byteSize() < bytes) {
            wideRows = Arena.ofAuto().allocate(bytes, 64);
        }
        return wideRows;
    }

    /** Room for a block of b in F32. */
    MemorySegment wideColumns(long bytes) {
        if (wideColumns.byteSize() < bytes) {
            wideColumns = Arena.ofAuto().allocate(bytes, 64);
        }
        return wideColumns;
    }
}
