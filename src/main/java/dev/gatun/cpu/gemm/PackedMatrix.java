package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;

/**
 * A right operand in a {@link Gemm}'s own panel layout.
 *
 * @param segment the panels
 * @param k rows of the matrix
 * @param n columns of the matrix
 */
public record PackedMatrix(MemorySegment segment, int k, int n) {}
