package dev.gatun.cpu.kernel;

import dev.gatun.backend.OptimizerOps.AdamStep;
import dev.gatun.backend.OptimizerOps.RmsPropStep;
import dev.gatun.backend.OptimizerOps.SgdStep;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Optimiser steps, in place, over the first n elements of segments that hold a run of a parameter p, of its gradient g and of its
 * state. What an element becomes does not depend on where in a run it stands.
 */
public interface UpdateKernels {
    /** g′ = g + λp; m = g′ at first, then μm + (1 − dampening) g′; p −= rate · (m, or g′ + μm with Nesterov, or g′ without momentum). */
    void sgd(SgdStep step, MemorySegment parameter, MemorySegment gradient, @Nullable MemorySegment momentum, int n);

    /**
     * g′ = g + λp; s = αs + (1 − α) g′²; a = αa + (1 − α) g′ when centered; u = g′ / (√(s − a²) + ε); b = μb + u; p −= rate · b.
     * Where rounding makes s − a² negative it counts as 0.
     */
    void rmsProp(
            RmsPropStep step,
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment meanSquare,
            @Nullable MemorySegment mean,
            @Nullable MemorySegment momentum,
            int n);

    /**
     * p −= rate · λp if decoupled, else g′ = g + λp; m = β₁m + (1 − β₁) g′; s = β₂s + (1 − β₂) g′²; with step t:
     * p −= rate / (1 − β₁ᵗ) · m / (√s / √(1 − β₂ᵗ) + ε).
     */
    void adam(
            AdamStep step,
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment meanSquare,
            int n);
}
