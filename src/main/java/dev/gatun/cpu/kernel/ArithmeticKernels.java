package dev.gatun.cpu.kernel;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import java.lang.foreign.MemorySegment;

/** Arithmetic and comparisons over contiguous runs, as {@link ElementwiseKernels} has them. */
public interface ArithmeticKernels {
    /** y = a ∘ b. */
    void binary(
            BinaryFunction function,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n);

    /** y = a ∘ b, of BOOL. */
    void compare(
            Comparison comparison,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n);

    /** y = condition ? a : b, with a condition of BOOL. */
    void select(
            MemorySegment condition,
            long conditionAt,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n);

    /** y = scale · x + shift. */
    void affine(MemorySegment x, long xAt, double scale, double shift, MemorySegment y, long yAt, int n);

    /** y += factor · x. */
    void accumulate(MemorySegment x, long xAt, double factor, MemorySegment y, long yAt, int n);

    /** y = min(max(x, low), high). */
    void clamp(MemorySegment x, long xAt, double low, double high, MemorySegment y, long yAt, int n);
}
