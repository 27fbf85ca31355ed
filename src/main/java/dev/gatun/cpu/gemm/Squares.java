package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/** Squares of as many rows as a vector has elements. Positions and steps are in bytes. */
interface Squares {
    /** Elements of a row, and rows. */
    int side();

    /** Transposes a square, by way of an array of as many elements. */
    void transpose(
            MemorySegment from, long fromFirst, long fromStep, MemorySegment to, long toFirst, long toStep, int[] rows);
}
