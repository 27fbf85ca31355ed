package dev.gatun.cpu.kernel;

import dev.gatun.backend.OptimizerOps.AdamStep;
import dev.gatun.backend.OptimizerOps.RmsPropStep;
import dev.gatun.backend.OptimizerOps.SgdStep;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Optimiser steps, element by element, in double. */
final class ScalarUpdateKernels implements UpdateKernels {
    private final Element element;

    /** Kernels for F32 or F64. */
    ScalarUpdateKernels(DType dtype) {
        this.element = Element.of(dtype);
    }

    @Override
    public void sgd(
            SgdStep step, MemorySegment parameter, MemorySegment gradient, @Nullable MemorySegment momentum, int n) {
        for (int i = 0; i < n; i++) {
            double p = element.get(parameter, i);
            double g = element.get(gradient, i) + step.weightDecay() * p;
            double update = g;
            if (momentum != null) {
                double m =
                        step.firstStep() ? g : step.momentum() * element.get(momentum, i) + (1 - step.dampening()) * g;
                element.set(momentum, i, m);
                update = step.nesterov() ? g + step.momentum() * m : m;
            }
            element.set(parameter, i, p - step.rate() * update);
        }
    }

    @Override
    public void rmsProp(
            RmsPropStep step,
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment meanSquare,
            @Nullable MemorySegment mean,
            @Nullable MemorySegment momentum,
            int n) {
        for (int i = 0; i < n; i++) {
            double p = element.get(parameter, i);
            double g = element.get(gradient, i) + step.weightDecay() * p;
            double s = step.decay() * element.get(meanSquare, i) + (1 - step.decay()) * g * g;
            element.set(meanSquare, i, s);
            double variance = s;
            if (mean != null) {
                double a = step.decay() * element.get(mean, i) + (1 - step.decay()) * g;
                element.set(mean, i, a);
                variance = Math.max(s - a * a, 0);
            }
            double update = g / (Math.sqrt(variance) + step.epsilon());
            if (momentum != null) {
                update += step.momentum() * element.get(momentum, i);
                element.set(momentum, i, update);
            }
            element.set(parameter, i, p - step.rate() * update);
        }
    }

    @Override
    public void adam(
            AdamStep step,
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment meanSquare,
            int n) {
        double rate = step.rate() / (1 - Math.pow(step.beta1(), (double) step.step()));
        double correction = Math.sqrt(1 - Math.pow(step.beta2(), (double) step.step()));
        for (int i = 0; i < n; i++) {
            double p = element.get(parameter, i);
            double g = element.get(gradient, i);
            if (step.decoupled()) {
                p -= step.rate() * step.weightDecay() * p;
            } else {
                g += step.weightDecay() * p;
            }
            double m = step.beta1() * element.get(mean, i) + (1 - step.beta1()) * g;
            double s = step.beta2() * element.get(meanSquare, i) + (1 - step.beta2()) * g * g;
            element.set(mean, i, m);
            element.set(meanSquare, i, s);
            element.set(parameter, i, p - rate * m / (Math.sqrt(s) / correction + step.epsilon()));
        }
    }
}
