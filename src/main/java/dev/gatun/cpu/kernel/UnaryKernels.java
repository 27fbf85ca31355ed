package dev.gatun.cpu.kernel;

import dev.gatun.backend.UnaryFunction;
import java.lang.foreign.MemorySegment;

/** Functions of one element over contiguous runs, as {@link ElementwiseKernels} has them. */
public interface UnaryKernels {
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
}
