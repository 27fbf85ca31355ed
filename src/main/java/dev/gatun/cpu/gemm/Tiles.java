package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/**
 * Register tiles of a single-precision product: {@code rows × panel} sums over one block of k, each a chain of fused
 * multiply-adds from zero. Rows of a lie {@link #STEP} apart in an array. A panel of b holds for each k a run of {@link #panel}
 * elements, {@code bNext} bytes after the one before; positions and steps in segments are in bytes.
 */
interface Tiles {
    /** Elements between rows of a: not quite a power of two, so that they differ in their place in the cache. */
    int STEP = Panels.DEPTH + 16;

    /** Columns of a panel: two vectors. */
    int panel();

    /** Copies so many rows of k elements side by side, {@code aStep} bytes apart, to where tiles read them. */
    void copyRows(int rows, int k, MemorySegment a, long aFirst, long aStep, float[] to);

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
