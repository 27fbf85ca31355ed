package dev.gatun.cpu.kernel;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.UnaryFunction;
import java.lang.foreign.MemorySegment;

/**
 * Functions of single elements over contiguous runs: a segment and, beside it, the place of its run's first element. An output may
 * be the same run as an input. What an element becomes does not depend on where in a run it stands.
 */
public interface ElementwiseKernels {
    /** y = f(x). */
    void unary(UnaryFunction function, MemorySegment x, long xAt, MemorySegment y, long yAt, int n);

    /** dx = dy · f′(x), with y = f(x). */
    void unaryBackward(
            UnaryFunction function,
            MemorySegment x,
            long xAt,
            MemorySegment y,
            long yAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n);

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

    /** y = loss(x, target). */
    void loss(
            PointwiseLoss loss,
            double parameter,
            MemorySegment x,
            long xAt,
            MemorySegment target,
            long targetAt,
            MemorySegment y,
            long yAt,
            int n);

    /** dx = dy · ∂loss / ∂x. */
    void lossBackward(
            PointwiseLoss loss,
            double parameter,
            MemorySegment x,
            long xAt,
            MemorySegment target,
            long targetAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n);
}
