package dev.gatun.cpu.kernel;

import dev.gatun.backend.PointwiseLoss;
import java.lang.foreign.MemorySegment;

/** Losses of single elements over contiguous runs, as {@link ElementwiseKernels} has them. */
public interface LossKernels {
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
