package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link CellArithmetic} in the Vector API, copied by {@link Specialization} for each species: whole vectors, then what is left one
 * by one. Loops hand vectors to nothing but the Vector API and one function: in a large method C2 inlines no more calls, and would box
 * them. Their step is no constant to C2, which then leaves the checks of segments in them: a row has few vectors, and hoisted checks
 * took as long as two or three.
 */
final class VectorCellArithmetic implements CellArithmetic {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();

    private static final VectorMath MATH = VectorMath.of(SPECIES);

    VectorCellArithmetic() {}

    @Override
    public int sigmoid(MemorySegment gates, long at, long step, int rows, int n) {
        int whole = n & -LANES;
        int lanes = Math.min(LANES, n);
        for (int i = 0; i < rows; i++) {
            long first = at + i * step;
            for (int j = 0; j < whole; j += lanes) {
                MATH.sigmoid(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(gates), 4 * (first + j), ORDER))
                        .intoMemorySegment(NATIVE.cast(gates), 4 * (first + j), ORDER);
            }
        }
        return whole;
    }

    @Override
    public int tanh(MemorySegment gates, long at, long step, int rows, int n) {
        int whole = n & -LANES;
        int lanes = Math.min(LANES, n);
        for (int i = 0; i < rows; i++) {
            long first = at + i * step;
            for (int j = 0; j < whole; j += lanes) {
                MATH.tanh(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(gates), 4 * (first + j), ORDER))
                        .intoMemorySegment(NATIVE.cast(gates), 4 * (first + j), ORDER);
            }
        }
        return whole;
    }

    @Override
    public int lstm(
            MemorySegment gates,
            long gatesAt,
            MemorySegment state,
            long hAt,
            long cAt,
            MemorySegment y,
            long yAt,
            int n,
            float bound) {
        int whole = n & -LANES;
        int lanes = Math.min(LANES, n);
        for (int j = 0; j < whole; j += lanes) {
            FloatVector input = FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(gates), 4 * (gatesAt + j), ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(gates), 4 * (gatesAt + 2L * n + j), ORDER));
            FloatVector c = FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(gates), 4 * (gatesAt + n + j), ORDER)
                    .fma(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(state), 4 * (cAt + j), ORDER), input);
            FloatVector below = c.blend(bound, c.compare(VectorOperators.GT, bound));
            FloatVector within = below.blend(-bound, below.compare(VectorOperators.LT, -bound));
            within.intoMemorySegment(NATIVE.cast(state), 4 * (cAt + j), ORDER);
            FloatVector h = FloatVector.fromMemorySegment(
                            SPECIES, NATIVE.cast(gates), 4 * (gatesAt + 3L * n + j), ORDER)
                    .mul(MATH.tanh(within));
            h.intoMemorySegment(NATIVE.cast(state), 4 * (hAt + j), ORDER);
            h.intoMemorySegment(NATIVE.cast(y), 4 * (yAt + j), ORDER);
        }
        return whole;
    }

    @Override
    public void lstmState(MemorySegment gates, long gatesAt, long block, MemorySegment state, long cAt, int n) {
        for (int j = 0; j < n; j++) {
            float input = gates.getAtIndex(FLOAT, gatesAt + j) * gates.getAtIndex(FLOAT, gatesAt + 2 * block + j);
            float c = gates.getAtIndex(FLOAT, gatesAt + block + j) * state.getAtIndex(FLOAT, cAt + j) + input;
            state.setAtIndex(FLOAT, cAt + j, c);
        }
    }

    @Override
    public void lstmOutput(
            MemorySegment gates, long oAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n) {
        for (int j = 0; j < n; j++) {
            float h = gates.getAtIndex(FLOAT, oAt + j) * state.getAtIndex(FLOAT, hAt + j);
            state.setAtIndex(FLOAT, hAt + j, h);
            y.setAtIndex(FLOAT, yAt + j, h);
        }
    }

    @Override
    public int gruCandidate(MemorySegment kept, long gatesAt, long qAt, MemorySegment bias, long biasAt, int n) {
        int whole = n & -LANES;
        int lanes = Math.min(LANES, n);
        for (int j = 0; j < whole; j += lanes) {
            FloatVector q = FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(kept), 4 * (qAt + j), ORDER)
                    .add(FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(bias), 4 * (biasAt + j), ORDER));
            q.intoMemorySegment(NATIVE.cast(kept), 4 * (qAt + j), ORDER);
            FloatVector a = FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(kept), 4 * (gatesAt + j), ORDER)
                    .fma(
                            q,
                            FloatVector.fromMemorySegment(
                                    SPECIES, NATIVE.cast(kept), 4 * (gatesAt + 2L * n + j), ORDER));
            MATH.tanh(a).intoMemorySegment(NATIVE.cast(kept), 4 * (gatesAt + 2L * n + j), ORDER);
        }
        for (int j = whole; j < n; j++) {
            float q = kept.getAtIndex(FLOAT, qAt + j) + bias.getAtIndex(FLOAT, biasAt + j);
            kept.setAtIndex(FLOAT, qAt + j, q);
            kept.setAtIndex(
                    FLOAT,
                    gatesAt + 2L * n + j,
                    kept.getAtIndex(FLOAT, gatesAt + 2L * n + j) + kept.getAtIndex(FLOAT, gatesAt + j) * q);
        }
        return whole;
    }

    @Override
    public void gruOutput(
            MemorySegment gates, long gatesAt, MemorySegment state, long hAt, MemorySegment y, long yAt, int n) {
        int lanes = Math.min(LANES, n);
        int j = 0;
        for (; j <= n - LANES; j += lanes) {
            FloatVector candidate = FloatVector.fromMemorySegment(SPECIES, gates, 4 * (gatesAt + 2L * n + j), ORDER);
            FloatVector h = FloatVector.fromMemorySegment(SPECIES, gates, 4 * (gatesAt + n + j), ORDER)
                    .fma(
                            FloatVector.fromMemorySegment(SPECIES, state, 4 * (hAt + j), ORDER)
                                    .sub(candidate),
                            candidate);
            h.intoMemorySegment(state, 4 * (hAt + j), ORDER);
            h.intoMemorySegment(y, 4 * (yAt + j), ORDER);
        }
        for (; j < n; j++) {
            float candidate = gates.getAtIndex(FLOAT, gatesAt + 2L * n + j);
            float h = candidate
                    + gates.getAtIndex(FLOAT, gatesAt + n + j) * (state.getAtIndex(FLOAT, hAt + j) - candidate);
            state.setAtIndex(FLOAT, hAt + j, h);
            y.setAtIndex(FLOAT, yAt + j, h);
        }
    }

    @Override
    public void reset(MemorySegment gates, long gatesAt, MemorySegment state, long hAt, long pAt, int n) {
        int lanes = Math.min(LANES, n);
        int j = 0;
        for (; j <= n - LANES; j += lanes) {
            FloatVector.fromMemorySegment(SPECIES, gates, 4 * (gatesAt + j), ORDER)
                    .mul(FloatVector.fromMemorySegment(SPECIES, state, 4 * (hAt + j), ORDER))
                    .intoMemorySegment(gates, 4 * (pAt + j), ORDER);
        }
        for (; j < n; j++) {
            gates.setAtIndex(FLOAT, pAt + j, gates.getAtIndex(FLOAT, gatesAt + j) * state.getAtIndex(FLOAT, hAt + j));
        }
    }
}
