package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/** Adds rows of b to sums for one row of c. Positions and steps are in bytes. */
interface RowSums {
    /** sums[j] = x3 · b[3, j] + (… (x0 · b[0, j] + sums[j])) for n columns and four rows of b, {@code step} bytes apart. */
    void addFour(int n, float x0, float x1, float x2, float x3, MemorySegment b, long bFirst, long step, float[] sums);

    /** sums[j] = x · b[j] + sums[j] for n columns. */
    void addOne(int n, float x, MemorySegment b, long bFirst, float[] sums);
}
