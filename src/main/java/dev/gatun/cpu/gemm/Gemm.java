package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/**
 * Matrix products in one element type on the calling thread. Each element of c is the same chain of operations over k, whatever
 * the tile, the number of rows or columns in the call, and whether b was packed before: splitting a product over rows or columns
 * changes no bit of it.
 */
public interface Gemm {
    /** c = a · b, or c += a · b; c's columnStride is 1. a [m, k], b [k, n], c [m, n] with any other strides; k = 0 gives 0. */
    void multiply(Matrix a, Matrix b, boolean accumulate, Matrix c);

    /** Bytes of {@link #pack}'s target for b [k, n], a multiple of 64. */
    long packedBytes(int k, int n);

    /** Lays b [k, n] out as the micro-kernel reads it, into {@code target} (64-byte aligned). */
    PackedMatrix pack(Matrix b, MemorySegment target);

    /** As {@link #multiply(Matrix, Matrix, boolean, Matrix)}, with a right operand packed before, for use over many calls. */
    void multiply(Matrix a, PackedMatrix b, boolean accumulate, Matrix c);
}
