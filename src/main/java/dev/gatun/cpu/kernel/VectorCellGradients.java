package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link CellGradients} in the Vector API, copied by {@link Specialization} for each species: whole vectors, then what is left one
 * by one, or a method for each. Loops hand vectors to nothing but the Vector API and one function: in a large method C2 inlines no
 * more calls, and would box them.
 */
final class VectorCellGradients implements CellGradients {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();
    private static final FloatVector ONE = FloatVector.broadcast(SPECIES, 1f);

    private static final VectorMath MATH = VectorMath.of(SPECIES);

    VectorCellGradients() {}

    @Override
    public void rnnBackward(
            boolean relu,
            MemorySegment kept,
            long gatesAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            int n) {
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector h = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + j), ORDER);
            FloatVector dh = FloatVector.fromMemorySegment(SPECIES, dstate, 4 * (dhAt + j), ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, dy, 4 * (dyAt + j), ORDER));
            FloatVector da = relu
                    ? dh.blend(0f, h.compare(VectorOperators.LE, 0f))
                    : dh.mul(h.neg().fma(h, ONE));
            da.intoMemorySegment(kept, 4 * (gatesAt + j), ORDER);
        }
        for (; j < n; j++) {
            float h = kept.getAtIndex(FLOAT, gatesAt + j);
            float dh = dstate.getAtIndex(FLOAT, dhAt + j) + dy.getAtIndex(FLOAT, dyAt + j);
            float da = relu ? (h <= 0 ? 0 : dh) : dh * (1 - h * h);
            kept.setAtIndex(FLOAT, gatesAt + j, da);
        }
    }

    @Override
    public int lstmOutputBackward(
            MemorySegment kept,
            long gatesAt,
            long cAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            long dcAt,
            int n,
            float bound) {
        int whole = n & -LANES;
        for (int j = 0; j < whole; j += LANES) {
            FloatVector input = FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(kept), 4 * (gatesAt + j), ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(kept), 4 * (gatesAt + 2L * n + j), ORDER));
            FloatVector c = FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(kept), 4 * (gatesAt + n + j), ORDER)
                    .fma(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(kept), 4 * (cAt + j), ORDER), input);
            FloatVector below = c.blend(bound, c.compare(VectorOperators.GT, bound));
            FloatVector tanh = MATH.tanh(below.blend(-bound, below.compare(VectorOperators.LT, -bound)));
            FloatVector o =
                    FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(kept), 4 * (gatesAt + 3L * n + j), ORDER);
            FloatVector dh = FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(dstate), 4 * (dhAt + j), ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(dy), 4 * (dyAt + j), ORDER));
            dh.mul(tanh).mul(o.mul(ONE.sub(o))).intoMemorySegment(NATIVE.cast(kept), 4 * (gatesAt + 3L * n + j), ORDER);
            FloatVector dc = dh.mul(o)
                    .fma(
                            tanh.neg().fma(tanh, ONE),
                            FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(dstate), 4 * (dcAt + j), ORDER));
            dc.intoMemorySegment(NATIVE.cast(dstate), 4 * (dcAt + j), ORDER);
        }
        return whole;
    }

    @Override
    public void lstmRestBackward(
            MemorySegment tanh,
            MemorySegment kept,
            long oAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            long dcAt,
            int n) {
        for (int j = 0; j < n; j++) {
            float t = tanh.getAtIndex(FLOAT, j);
            float o = kept.getAtIndex(FLOAT, oAt + j);
            float dh = dstate.getAtIndex(FLOAT, dhAt + j) + dy.getAtIndex(FLOAT, dyAt + j);
            kept.setAtIndex(FLOAT, oAt + j, dh * t * o * (1 - o));
            float dc = dstate.getAtIndex(FLOAT, dcAt + j) + dh * o * (1 - t * t);
            dstate.setAtIndex(FLOAT, dcAt + j, dc);
        }
    }

    @Override
    public void lstmStateAgain(MemorySegment kept, long gatesAt, long block, long cAt, MemorySegment target, int n) {
        for (int j = 0; j < n; j++) {
            float input = kept.getAtIndex(FLOAT, gatesAt + j) * kept.getAtIndex(FLOAT, gatesAt + 2 * block + j);
            float c = kept.getAtIndex(FLOAT, gatesAt + block + j) * kept.getAtIndex(FLOAT, cAt + j) + input;
            target.setAtIndex(FLOAT, j, c);
        }
    }

    @Override
    public void lstmStateBackward(MemorySegment kept, long gatesAt, long cAt, MemorySegment dstate, long dcAt, int n) {
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector dc = FloatVector.fromMemorySegment(SPECIES, dstate, 4 * (dcAt + j), ORDER);
            FloatVector i = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + j), ORDER);
            FloatVector g = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + 2L * n + j), ORDER);
            dc.mul(g).mul(i.mul(ONE.sub(i))).intoMemorySegment(kept, 4 * (gatesAt + j), ORDER);
            dc.mul(i).mul(g.neg().fma(g, ONE)).intoMemorySegment(kept, 4 * (gatesAt + 2L * n + j), ORDER);
            FloatVector f = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + n + j), ORDER);
            dc.mul(FloatVector.fromMemorySegment(SPECIES, kept, 4 * (cAt + j), ORDER))
                    .mul(f.mul(ONE.sub(f)))
                    .intoMemorySegment(kept, 4 * (gatesAt + n + j), ORDER);
            dc.mul(f).intoMemorySegment(dstate, 4 * (dcAt + j), ORDER);
        }
        for (; j < n; j++) {
            float dc = dstate.getAtIndex(FLOAT, dcAt + j);
            float i = kept.getAtIndex(FLOAT, gatesAt + j);
            float g = kept.getAtIndex(FLOAT, gatesAt + 2L * n + j);
            kept.setAtIndex(FLOAT, gatesAt + j, dc * g * i * (1 - i));
            kept.setAtIndex(FLOAT, gatesAt + 2L * n + j, dc * i * (1 - g * g));
            float f = kept.getAtIndex(FLOAT, gatesAt + n + j);
            kept.setAtIndex(FLOAT, gatesAt + n + j, dc * kept.getAtIndex(FLOAT, cAt + j) * f * (1 - f));
            dstate.setAtIndex(FLOAT, dcAt + j, dc * f);
        }
    }

    @Override
    public void lstmHeld(
            MemorySegment kept, long gatesAt, long cAt, float bound, MemorySegment dstate, long dcAt, int n) {
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector input = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + j), ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + 2L * n + j), ORDER));
            FloatVector c = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + n + j), ORDER)
                    .fma(FloatVector.fromMemorySegment(SPECIES, kept, 4 * (cAt + j), ORDER), input);
            VectorMask<Float> held = c.abs().compare(VectorOperators.GE, bound);
            FloatVector.fromMemorySegment(SPECIES, dstate, 4 * (dcAt + j), ORDER)
                    .blend(0f, held)
                    .intoMemorySegment(dstate, 4 * (dcAt + j), ORDER);
            FloatVector.fromMemorySegment(SPECIES, kept, 4 * (cAt + j), ORDER)
                    .blend(0f, held)
                    .intoMemorySegment(kept, 4 * (cAt + j), ORDER);
        }
        for (; j < n; j++) {
            float input = kept.getAtIndex(FLOAT, gatesAt + j) * kept.getAtIndex(FLOAT, gatesAt + 2L * n + j);
            float c = kept.getAtIndex(FLOAT, gatesAt + n + j) * kept.getAtIndex(FLOAT, cAt + j) + input;
            if (Math.abs(c) >= bound) {
                dstate.setAtIndex(FLOAT, dcAt + j, 0);
                kept.setAtIndex(FLOAT, cAt + j, 0);
            }
        }
    }

    @Override
    public void gruOutputBackward(
            MemorySegment kept,
            long gatesAt,
            long hAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dstate,
            long dhAt,
            int n) {
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector z = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + n + j), ORDER);
            FloatVector candidate = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + 2L * n + j), ORDER);
            FloatVector dh = FloatVector.fromMemorySegment(SPECIES, dstate, 4 * (dhAt + j), ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, dy, 4 * (dyAt + j), ORDER));
            FloatVector rest = ONE.sub(z);
            FloatVector passed = dh.mul(z);
            passed.intoMemorySegment(dstate, 4 * (dhAt + j), ORDER);
            passed.mul(FloatVector.fromMemorySegment(SPECIES, kept, 4 * (hAt + j), ORDER)
                            .sub(candidate))
                    .mul(rest)
                    .intoMemorySegment(kept, 4 * (gatesAt + n + j), ORDER);
            dh.mul(rest)
                    .mul(candidate.neg().fma(candidate, ONE))
                    .intoMemorySegment(kept, 4 * (gatesAt + 2L * n + j), ORDER);
        }
        for (; j < n; j++) {
            float z = kept.getAtIndex(FLOAT, gatesAt + n + j);
            float candidate = kept.getAtIndex(FLOAT, gatesAt + 2L * n + j);
            float dh = dstate.getAtIndex(FLOAT, dhAt + j) + dy.getAtIndex(FLOAT, dyAt + j);
            dstate.setAtIndex(FLOAT, dhAt + j, dh * z);
            kept.setAtIndex(FLOAT, gatesAt + n + j, dh * z * (kept.getAtIndex(FLOAT, hAt + j) - candidate) * (1 - z));
            kept.setAtIndex(FLOAT, gatesAt + 2L * n + j, dh * (1 - z) * (1 - candidate * candidate));
        }
    }

    @Override
    public void gruResetBackward(MemorySegment kept, long gatesAt, long qAt, int n) {
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector r = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + j), ORDER);
            FloatVector dn = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + 2L * n + j), ORDER);
            FloatVector dq = dn.mul(r);
            dq.mul(FloatVector.fromMemorySegment(SPECIES, kept, 4 * (qAt + j), ORDER))
                    .mul(ONE.sub(r))
                    .intoMemorySegment(kept, 4 * (gatesAt + j), ORDER);
            dq.intoMemorySegment(kept, 4 * (qAt + j), ORDER);
        }
        for (; j < n; j++) {
            float r = kept.getAtIndex(FLOAT, gatesAt + j);
            float dq = kept.getAtIndex(FLOAT, gatesAt + 2L * n + j) * r;
            kept.setAtIndex(FLOAT, gatesAt + j, dq * kept.getAtIndex(FLOAT, qAt + j) * (1 - r));
            kept.setAtIndex(FLOAT, qAt + j, dq);
        }
    }

    @Override
    public void resetGatesBackward(
            MemorySegment kept, long gatesAt, long hAt, MemorySegment dstate, long dhAt, long dpAt, int n) {
        int j = 0;
        for (; j <= n - LANES; j += LANES) {
            FloatVector r = FloatVector.fromMemorySegment(SPECIES, kept, 4 * (gatesAt + j), ORDER);
            FloatVector passed = FloatVector.fromMemorySegment(SPECIES, dstate, 4 * (dpAt + j), ORDER)
                    .mul(r);
            passed.mul(FloatVector.fromMemorySegment(SPECIES, kept, 4 * (hAt + j), ORDER))
                    .mul(ONE.sub(r))
                    .intoMemorySegment(kept, 4 * (gatesAt + j), ORDER);
            FloatVector.fromMemorySegment(SPECIES, dstate, 4 * (dhAt + j), ORDER)
                    .add(passed)
                    .intoMemorySegment(dstate, 4 * (dhAt + j), ORDER);
        }
        for (; j < n; j++) {
            float r = kept.getAtIndex(FLOAT, gatesAt + j);
            float passed = dstate.getAtIndex(FLOAT, dpAt + j) * r;
            kept.setAtIndex(FLOAT, gatesAt + j, passed * kept.getAtIndex(FLOAT, hAt + j) * (1 - r));
            dstate.setAtIndex(FLOAT, dhAt + j, dstate.getAtIndex(FLOAT, dhAt + j) + passed);
        }
    }
}
