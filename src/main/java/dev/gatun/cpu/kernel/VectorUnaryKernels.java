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
 * Functions of one element in the Vector API, copied by {@link Specialization} for each species. Runs are whole vectors. Each
 * function has a loop of its own, for C2 to compile with its vectors in registers.
 */
final class VectorUnaryKernels implements UnaryKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();
    private static final VectorMath MATH = VectorMath.of(SPECIES);
    private static final FloatVector ZERO = FloatVector.zero(SPECIES);
    private static final FloatVector ONE = FloatVector.broadcast(SPECIES, 1f);
    private static final FloatVector MINUS_ONE = FloatVector.broadcast(SPECIES, -1f);

    VectorUnaryKernels() {}

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 4 * at, ORDER);
    }

    @Override
    public void unary(UnaryFunction function, MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        switch (function) {
            case NEGATE -> negate(x, xAt, y, yAt, n);
            case ABS -> abs(x, xAt, y, yAt, n);
            case EXP -> exp(x, xAt, y, yAt, n);
            case LOG -> log(x, xAt, y, yAt, n);
            case SQRT -> sqrt(x, xAt, y, yAt, n);
            case SQUARE -> square(x, xAt, y, yAt, n);
            case RECIPROCAL -> reciprocal(x, xAt, y, yAt, n);
            case TANH -> tanh(x, xAt, y, yAt, n);
            case SIGMOID -> sigmoid(x, xAt, y, yAt, n);
            case RELU -> relu(x, xAt, y, yAt, n);
            case SIN, COS, GELU, GELU_TANH, SILU -> throw new IllegalArgumentException("no vector kernel: " + function);
        }
    }

    private static void negate(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(x, xAt + i).neg(), y, yAt + i);
        }
    }

    private static void abs(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(x, xAt + i).abs(), y, yAt + i);
        }
    }

    private static void exp(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(MATH.exp(load(x, xAt + i)), y, yAt + i);
        }
    }

    private static void log(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(MATH.log(load(x, xAt + i)), y, yAt + i);
        }
    }

    private static void sqrt(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(x, xAt + i).sqrt(), y, yAt + i);
        }
    }

    private static void square(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, xAt + i);
            store(v.mul(v), y, yAt + i);
        }
    }

    private static void reciprocal(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(ONE.div(load(x, xAt + i)), y, yAt + i);
        }
    }

    private static void tanh(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(MATH.tanh(load(x, xAt + i)), y, yAt + i);
        }
    }

    private static void sigmoid(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(MATH.sigmoid(load(x, xAt + i)), y, yAt + i);
        }
    }

    private static void relu(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, xAt + i);
            store(v.blend(0f, v.compare(VectorOperators.LE, 0f)), y, yAt + i);
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
            case NEGATE -> negate(dy, dyAt, dx, dxAt, n);
            case ABS -> absBackward(x, xAt, dy, dyAt, dx, dxAt, n);
            case EXP -> expBackward(y, yAt, dy, dyAt, dx, dxAt, n);
            case LOG -> logBackward(x, xAt, dy, dyAt, dx, dxAt, n);
            case SQRT -> sqrtBackward(y, yAt, dy, dyAt, dx, dxAt, n);
            case SQUARE -> squareBackward(x, xAt, dy, dyAt, dx, dxAt, n);
            case RECIPROCAL -> reciprocalBackward(y, yAt, dy, dyAt, dx, dxAt, n);
            case TANH -> tanhBackward(y, yAt, dy, dyAt, dx, dxAt, n);
            case SIGMOID -> sigmoidBackward(y, yAt, dy, dyAt, dx, dxAt, n);
            case RELU -> reluBackward(x, xAt, dy, dyAt, dx, dxAt, n);
            case SIN, COS, GELU, GELU_TANH, SILU -> throw new IllegalArgumentException("no vector kernel: " + function);
        }
    }

    /** 1, −1, or x itself where that is ±0 or NaN. */
    private static FloatVector sign(FloatVector x) {
        FloatVector positive = x.blend(ONE, x.compare(VectorOperators.GT, ZERO));
        return positive.blend(MINUS_ONE, x.compare(VectorOperators.LT, ZERO));
    }

    private static void absBackward(
            MemorySegment x, long xAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(dy, dyAt + i).mul(sign(load(x, xAt + i))), dx, dxAt + i);
        }
    }

    private static void expBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(dy, dyAt + i).mul(load(y, yAt + i)), dx, dxAt + i);
        }
    }

    private static void logBackward(
            MemorySegment x, long xAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(dy, dyAt + i).div(load(x, xAt + i)), dx, dxAt + i);
        }
    }

    private static void sqrtBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(y, yAt + i);
            store(load(dy, dyAt + i).div(v.add(v)), dx, dxAt + i);
        }
    }

    private static void squareBackward(
            MemorySegment x, long xAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(dy, dyAt + i).mul(load(x, xAt + i)).mul(2f), dx, dxAt + i);
        }
    }

    private static void reciprocalBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(y, yAt + i);
            store(load(dy, dyAt + i).neg().mul(v).mul(v), dx, dxAt + i);
        }
    }

    private static void tanhBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(y, yAt + i);
            store(load(dy, dyAt + i).mul(v.neg().fma(v, ONE)), dx, dxAt + i);
        }
    }

    private static void sigmoidBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(y, yAt + i);
            store(load(dy, dyAt + i).mul(v.neg().fma(v, v)), dx, dxAt + i);
        }
    }

    private static void reluBackward(
            MemorySegment x, long xAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(dy, dyAt + i).blend(0f, load(x, xAt + i).compare(VectorOperators.LE, 0f)), dx, dxAt + i);
        }
    }
}
