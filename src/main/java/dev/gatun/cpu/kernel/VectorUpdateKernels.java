package dev.gatun.cpu.kernel;

import dev.gatun.backend.OptimizerOps.AdamStep;
import dev.gatun.backend.OptimizerOps.RmsPropStep;
import dev.gatun.backend.OptimizerOps.SgdStep;
import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/**
 * Optimiser steps of F32 in the Vector API, copied by {@link Specialization} for each species. What is left at the end of a run goes
 * through the same arithmetic under a mask, written out a second time: a method for both cases boxes its vectors.
 */
final class VectorUpdateKernels implements UpdateKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int LANES = SPECIES.length();

    VectorUpdateKernels() {}

    private static FloatVector load(MemorySegment segment, int i) {
        return FloatVector.fromMemorySegment(SPECIES, segment, 4L * i, ORDER);
    }

    private static FloatVector load(MemorySegment segment, int i, VectorMask<Float> rest) {
        return FloatVector.fromMemorySegment(SPECIES, segment, 4L * i, ORDER, rest);
    }

    private static void store(FloatVector vector, MemorySegment segment, int i) {
        vector.intoMemorySegment(segment, 4L * i, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, int i, VectorMask<Float> rest) {
        vector.intoMemorySegment(segment, 4L * i, ORDER, rest);
    }

    @Override
    public void sgd(
            SgdStep step, MemorySegment parameter, MemorySegment gradient, @Nullable MemorySegment momentum, int n) {
        float decay = (float) step.weightDecay();
        float rate = (float) step.rate();
        if (momentum != null) {
            sgdWithMomentum(step, parameter, gradient, momentum, n);
            return;
        }
        int bound = SPECIES.loopBound(n);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector p = load(parameter, i);
            store(moved(p, decayed(load(gradient, i), p, decay), rate), parameter, i);
        }
        if (bound < n) {
            VectorMask<Float> rest = SPECIES.indexInRange(bound, n);
            FloatVector p = load(parameter, bound, rest);
            store(moved(p, decayed(load(gradient, bound, rest), p, decay), rate), parameter, bound, rest);
        }
    }

    /** A first step finds nothing remembered: 0 · 0 + 1 · g is g. */
    private static void sgdWithMomentum(
            SgdStep step, MemorySegment parameter, MemorySegment gradient, MemorySegment momentum, int n) {
        float decay = (float) step.weightDecay();
        float rate = (float) step.rate();
        float ahead = (float) step.momentum();
        boolean nesterov = step.nesterov();
        float kept = step.firstStep() ? 0 : (float) step.momentum();
        float taken = step.firstStep() ? 1 : (float) (1 - step.dampening());
        if (step.firstStep()) {
            momentum.asSlice(0, 4L * n).fill((byte) 0);
        }
        int bound = SPECIES.loopBound(n);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector p = load(parameter, i);
            FloatVector g = decayed(load(gradient, i), p, decay);
            FloatVector m = mixed(load(momentum, i), kept, g, taken);
            store(m, momentum, i);
            store(moved(p, nesterov ? mixed(m, ahead, g, 1) : m, rate), parameter, i);
        }
        if (bound < n) {
            VectorMask<Float> rest = SPECIES.indexInRange(bound, n);
            FloatVector p = load(parameter, bound, rest);
            FloatVector g = decayed(load(gradient, bound, rest), p, decay);
            FloatVector m = mixed(load(momentum, bound, rest), kept, g, taken);
            store(m, momentum, bound, rest);
            store(moved(p, nesterov ? mixed(m, ahead, g, 1) : m, rate), parameter, bound, rest);
        }
    }

    /** g + λp. */
    private static FloatVector decayed(FloatVector g, FloatVector p, float decay) {
        return g.add(p.mul(decay));
    }

    /** a · x + b · y. */
    private static FloatVector mixed(FloatVector x, float a, FloatVector y, float b) {
        return x.mul(a).add(y.mul(b));
    }

    /** p − rate · update. */
    private static FloatVector moved(FloatVector p, FloatVector update, float rate) {
        return p.sub(update.mul(rate));
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
        float decay = (float) step.weightDecay();
        float kept = (float) step.decay();
        float taken = (float) (1 - step.decay());
        float epsilon = (float) step.epsilon();
        float rate = (float) step.rate();
        float carried = (float) step.momentum();
        int bound = SPECIES.loopBound(n);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector p = load(parameter, i);
            FloatVector g = decayed(load(gradient, i), p, decay);
            FloatVector s = mixed(load(meanSquare, i), kept, g.mul(g), taken);
            store(s, meanSquare, i);
            FloatVector variance = s;
            if (mean != null) {
                FloatVector a = mixed(load(mean, i), kept, g, taken);
                store(a, mean, i);
                variance = s.sub(a.mul(a)).max(0);
            }
            FloatVector update = g.div(variance.sqrt().add(epsilon));
            if (momentum != null) {
                update = load(momentum, i).mul(carried).add(update);
                store(update, momentum, i);
            }
            store(moved(p, update, rate), parameter, i);
        }
        if (bound < n) {
            rmsPropRest(step, parameter, gradient, meanSquare, mean, momentum, bound, SPECIES.indexInRange(bound, n));
        }
    }

    private static void rmsPropRest(
            RmsPropStep step,
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment meanSquare,
            @Nullable MemorySegment mean,
            @Nullable MemorySegment momentum,
            int at,
            VectorMask<Float> rest) {
        float kept = (float) step.decay();
        float taken = (float) (1 - step.decay());
        FloatVector p = load(parameter, at, rest);
        FloatVector g = decayed(load(gradient, at, rest), p, (float) step.weightDecay());
        FloatVector s = mixed(load(meanSquare, at, rest), kept, g.mul(g), taken);
        store(s, meanSquare, at, rest);
        FloatVector variance = s;
        if (mean != null) {
            FloatVector a = mixed(load(mean, at, rest), kept, g, taken);
            store(a, mean, at, rest);
            variance = s.sub(a.mul(a)).max(0);
        }
        FloatVector update = g.div(variance.sqrt().add((float) step.epsilon()));
        if (momentum != null) {
            update = load(momentum, at, rest).mul((float) step.momentum()).add(update);
            store(update, momentum, at, rest);
        }
        store(moved(p, update, (float) step.rate()), parameter, at, rest);
    }

    @Override
    public void adam(
            AdamStep step,
            MemorySegment parameter,
            MemorySegment gradient,
            MemorySegment mean,
            MemorySegment meanSquare,
            int n) {
        float shrink = step.decoupled() ? (float) (1 - step.rate() * step.weightDecay()) : 1;
        float decay = step.decoupled() ? 0 : (float) step.weightDecay();
        float beta1 = (float) step.beta1();
        float taken1 = (float) (1 - step.beta1());
        float beta2 = (float) step.beta2();
        float taken2 = (float) (1 - step.beta2());
        float rate = (float) (step.rate() / (1 - Math.pow(step.beta1(), (double) step.step())));
        float correction = (float) (1 / Math.sqrt(1 - Math.pow(step.beta2(), (double) step.step())));
        float epsilon = (float) step.epsilon();
        int bound = SPECIES.loopBound(n);
        for (int i = 0; i < bound; i += LANES) {
            FloatVector p = load(parameter, i);
            FloatVector g = decayed(load(gradient, i), p, decay);
            FloatVector m = mixed(load(mean, i), beta1, g, taken1);
            FloatVector s = mixed(load(meanSquare, i), beta2, g.mul(g), taken2);
            store(m, mean, i);
            store(s, meanSquare, i);
            store(moved(p.mul(shrink), m.div(s.sqrt().mul(correction).add(epsilon)), rate), parameter, i);
        }
        if (bound < n) {
            VectorMask<Float> rest = SPECIES.indexInRange(bound, n);
            FloatVector p = load(parameter, bound, rest);
            FloatVector g = decayed(load(gradient, bound, rest), p, decay);
            FloatVector m = mixed(load(mean, bound, rest), beta1, g, taken1);
            FloatVector s = mixed(load(meanSquare, bound, rest), beta2, g.mul(g), taken2);
            store(m, mean, bound, rest);
            store(s, meanSquare, bound, rest);
            store(moved(p.mul(shrink), m.div(s.sqrt().mul(correction).add(epsilon)), rate), parameter, bound, rest);
        }
    }
}
