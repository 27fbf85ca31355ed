package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/**
 * Register tiles of a single-precision product: {@code rows × panel} sums over one block of k, each a chain of fused
 * multiply-adds from zero. Of a they read what they have copied to an array. A panel of b holds for each k a run of {@link #panel}
 * elements, {@code bNext} bytes after the one before; positions and steps in segments are in bytes.
 */
interface Tiles {
    /** Rows of the tallest tile. */
    int HEIGHT = 8;

    /** Elements between rows of a in the array: not quite a power of two, so that they differ in their place in the cache. */
    int LONG_ROW = Panels.DEPTH + 16;

    /** Whether they are for an a whose columns' elements lie side by side, and not its rows'. */
    boolean byColumns();

    /** Columns of a panel: two vectors. */
    int panel();

    /**
     * Copies rows of a to where tiles read them, and zeros for those that are not there: what lay there could be slow numbers.
     *
     * @param height rows of a
     * @param tile rows of the tile
     * @param k elements of a row
     * @param aStep from a row to the next; by columns, from a column to the next
     */
    void copyRows(int height, int tile, int k, MemorySegment a, long aFirst, long aStep, float[] to);

    /** A tile of eight rows, row-major into {@code sums}: as many sums as keep the multipliers of all machines busy. */
    void eight(int k, float[] rows, MemorySegment b, long bFirst, long bNext, float[] sums);

    /** A tile of six rows. */
    void six(int k, float[] rows, MemorySegment b, long bFirst, long bNext, float[] sums);

    /** A tile of four rows. */
    void four(int k, float[] rows, MemorySegment b, long bFirst, long bNext, float[] sums);

    /** One row over two panels. */
    void one(int k, MemorySegment a, long aFirst, MemorySegment b, long bFirst, long bSecond, float[] sums);

    /** c = sums, or c += sums, for rows of whole panels. */
    void store(float[] sums, int rows, boolean accumulate, MemorySegment c, long cFirst, long cStep);

    /** Copies {@code k} runs, {@code step} bytes apart, of so many whole panels into those, which follow each other. */
    void copyPanels(int k, int panels, MemorySegment from, long fromFirst, long step, MemorySegment to, long toFirst);
}
