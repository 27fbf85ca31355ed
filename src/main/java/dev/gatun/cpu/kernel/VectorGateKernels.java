package dev.gatun.cpu.kernel;

import dev.gatun.backend.UnaryFunction;
import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * Functions of the form x · gate(x) in the Vector API, copied by {@link Specialization} for each species. Runs are whole vectors.
 * Numbers beyond the point where a gate is 0 or 1 are drawn in to it, so that no infinity meets a zero. A gate below the normal
 * numbers may be taken as 0, and so may its product.
 */
final class VectorGateKernels implements UnaryKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();
    private static final VectorMath MATH = VectorMath.of(SPECIES);
    private static final FloatVector ZERO = FloatVector.zero(SPECIES);
    private static final FloatVector ONE = all(1f);

    /** From here on the gates of both GELUs are 0 or 1, and so are those of SILU. */
    private static final FloatVector GELU_HIGHEST = all(20f);

    private static final FloatVector GELU_LOWEST = all(-20f);
    private static final FloatVector SILU_HIGHEST = all(120f);
    private static final FloatVector SILU_LOWEST = all(-120f);

    /** 1 / √(2π). */
    private static final FloatVector DENSITY_AT_0 = all(0.3989422804f);

    /** 2 √(2/π), the slope of GELU_TANH's gate at 0; the same times its cubic coefficient, and three times that. */
    private static final FloatVector SLOPE = all(1.5957691216f);

    private static final FloatVector CUBIC = all(0.0713548162726f);
    private static final FloatVector THRICE_CUBIC = all(0.2140644488178f);

    VectorGateKernels() {}

    private static FloatVector all(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static FloatVector atLeast(FloatVector low, FloatVector x) {
        return x.blend(low, x.compare(VectorOperators.LT, low));
    }

    private static FloatVector within(FloatVector low, FloatVector high, FloatVector x) {
        FloatVector raised = atLeast(low, x);
        return raised.blend(high, raised.compare(VectorOperators.GT, high));
    }

    @Override
    public void unary(UnaryFunction function, MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        switch (function) {
            case GELU -> gelu(x, xAt, y, yAt, n);
            case GELU_TANH -> geluTanh(x, xAt, y, yAt, n);
            case SILU -> silu(x, xAt, y, yAt, n);
            default -> throw new IllegalArgumentException("no gate: " + function);
        }
    }

    /** y = x Φ(x), in two passes over each block: one method cannot inline all of it. */
    private static void gelu(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        MemorySegment bells = Scratch.ofThread().block();
        for (int from = 0; from < n; from += Scratch.BLOCK) {
            int length = Math.min(Scratch.BLOCK, n - from);
            bell(x, xAt + from, bells, length);
            gelu(x, xAt + from, bells, y, yAt + from, length);
        }
    }

    private static void bell(MemorySegment x, long xAt, MemorySegment bells, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(MATH.bell(within(GELU_LOWEST, GELU_HIGHEST, load(x, xAt + i))), bells, i);
        }
    }

    private static void gelu(MemorySegment x, long xAt, MemorySegment bells, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector raised = atLeast(GELU_LOWEST, load(x, xAt + i));
            store(raised.mul(MATH.normal(raised, load(bells, i))), y, yAt + i);
        }
    }

    /** y = x σ(2u), with u = √(2/π) (x + 0.044715 x³). */
    private static void geluTanh(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector raised = atLeast(GELU_LOWEST, load(x, xAt + i));
            FloatVector near = raised.blend(GELU_HIGHEST, raised.compare(VectorOperators.GT, GELU_HIGHEST));
            store(raised.mul(MATH.sigmoid(twiceU(near))), y, yAt + i);
        }
    }

    private static FloatVector twiceU(FloatVector x) {
        return x.mul(x).fma(CUBIC, SLOPE).mul(x);
    }

    /** y = x σ(x). */
    private static void silu(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector raised = atLeast(SILU_LOWEST, load(x, xAt + i));
            store(raised.mul(MATH.sigmoid(raised)), y, yAt + i);
        }
    }

    @Override
    public void unaryBackward(
            UnaryFunction function,
            MemorySegment x,
            long xAt,
            MemorySegment y,
            long yAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        switch (function) {
            case GELU -> geluBackward(x, xAt, dy, dyAt, dx, dxAt, n);
            case GELU_TANH -> geluTanhBackward(x, xAt, dy, dyAt, dx, dxAt, n);
            case SILU -> siluBackward(x, xAt, dy, dyAt, dx, dxAt, n);
            default -> throw new IllegalArgumentException("no gate: " + function);
        }
    }

    /** dx = dy (Φ(x) + x φ(x)), in two passes over each block as well. */
    private static void geluBackward(
            MemorySegment x, long xAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        MemorySegment bells = Scratch.ofThread().block();
        for (int from = 0; from < n; from += Scratch.BLOCK) {
            int length = Math.min(Scratch.BLOCK, n - from);
            bell(x, xAt + from, bells, length);
            geluBackward(x, xAt + from, bells, dy, dyAt + from, dx, dxAt + from, length);
        }
    }

    private static void geluBackward(
            MemorySegment x,
            long xAt,
            MemorySegment bells,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector near = within(GELU_LOWEST, GELU_HIGHEST, load(x, xAt + i));
            FloatVector bell = load(bells, i);
            FloatVector slope = near.mul(bell).fma(DENSITY_AT_0, MATH.normal(near, bell));
            store(load(dy, dyAt + i).mul(slope), dx, dxAt + i);
        }
    }

    /** dx = dy (σ(2u) + x σ(2u) σ(−2u) 2u′). */
    private static void geluTanhBackward(
            MemorySegment x, long xAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector near = within(GELU_LOWEST, GELU_HIGHEST, load(x, xAt + i));
            FloatVector factor = near.mul(near).fma(THRICE_CUBIC, SLOPE).mul(near);
            store(load(dy, dyAt + i).mul(gateSlope(twiceU(near), factor)), dx, dxAt + i);
        }
    }

    /** dx = dy (σ(x) + x σ(x) σ(−x)). */
    private static void siluBackward(
            MemorySegment x, long xAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector near = within(SILU_LOWEST, SILU_HIGHEST, load(x, xAt + i));
            store(load(dy, dyAt + i).mul(gateSlope(near, near)), dx, dxAt + i);
        }
    }

    /** σ(v) + factor σ(v) σ(−v), neither tail of which cancels. */
    private static FloatVector gateSlope(FloatVector v, FloatVector factor) {
        FloatVector e = MATH.expOfMinus(v);
        FloatVector larger = ONE.div(e.add(ONE));
        FloatVector smaller = e.mul(larger);
        FloatVector gate = larger.blend(smaller, v.compare(VectorOperators.LT, ZERO));
        return larger.mul(smaller).fma(factor, gate);
    }
}
