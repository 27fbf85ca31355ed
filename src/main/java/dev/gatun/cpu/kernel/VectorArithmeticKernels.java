package dev.gatun.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** Arithmetic and comparisons in the Vector API, copied by {@link Specialization} for each species. Runs are whole vectors. */
final class VectorArithmeticKernels implements ArithmeticKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();

    /** The lowest bit of each byte. */
    private static final long ONES = 0x0101010101010101L;

    VectorArithmeticKernels() {}

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 4 * at, ORDER);
    }

    @Override
    public void binary(
            BinaryFunction function,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n) {
        switch (function) {
            case ADD -> add(a, aAt, b, bAt, y, yAt, n);
            case SUBTRACT -> subtract(a, aAt, b, bAt, y, yAt, n);
            case MULTIPLY -> multiply(a, aAt, b, bAt, y, yAt, n);
            case DIVIDE -> divide(a, aAt, b, bAt, y, yAt, n);
            case MAXIMUM -> maximum(a, aAt, b, bAt, y, yAt, n);
            case MINIMUM -> minimum(a, aAt, b, bAt, y, yAt, n);
        }
    }

    private static void add(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, aAt + i).add(load(b, bAt + i)), y, yAt + i);
        }
    }

    private static void subtract(
            MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, aAt + i).sub(load(b, bAt + i)), y, yAt + i);
        }
    }

    private static void multiply(
            MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, aAt + i).mul(load(b, bAt + i)), y, yAt + i);
        }
    }

    private static void divide(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, aAt + i).div(load(b, bAt + i)), y, yAt + i);
        }
    }

    private static void maximum(
            MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, aAt + i).max(load(b, bAt + i)), y, yAt + i);
        }
    }

    private static void minimum(
            MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            store(load(a, aAt + i).min(load(b, bAt + i)), y, yAt + i);
        }
    }

    @Override
    public void compare(
            Comparison comparison,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n) {
        switch (comparison) {
            case EQUAL -> equal(a, aAt, b, bAt, y, yAt, n, 0);
            case NOT_EQUAL -> equal(a, aAt, b, bAt, y, yAt, n, -1);
            case LESS -> less(a, aAt, b, bAt, y, yAt, n);
            case LESS_OR_EQUAL -> lessOrEqual(a, aAt, b, bAt, y, yAt, n);
            case GREATER -> less(b, bAt, a, aAt, y, yAt, n);
            case GREATER_OR_EQUAL -> lessOrEqual(b, bAt, a, aAt, y, yAt, n);
        }
    }

    /** @param flipped all ones for the opposite */
    private static void equal(
            MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n, long flipped) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> holds = load(a, aAt + i).compare(VectorOperators.EQ, load(b, bAt + i));
            storeBits(holds.toLong() ^ flipped, y, yAt + i);
        }
    }

    private static void less(MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            storeBits(
                    load(a, aAt + i)
                            .compare(VectorOperators.LT, load(b, bAt + i))
                            .toLong(),
                    y,
                    yAt + i);
        }
    }

    private static void lessOrEqual(
            MemorySegment a, long aAt, MemorySegment b, long bAt, MemorySegment y, long yAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            storeBits(
                    load(a, aAt + i)
                            .compare(VectorOperators.LE, load(b, bAt + i))
                            .toLong(),
                    y,
                    yAt + i);
        }
    }

    /** A byte of 0 or 1 for each of the lowest bits, as many as there are lanes. */
    private static void storeBits(long bits, MemorySegment y, long at) {
        if (LANES == 4) {
            y.set(JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at, (int) Long.expand(bits, ONES));
            return;
        }
        for (int i = 0; i < LANES; i += 8) {
            y.set(JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at + i, Long.expand(bits >>> i, ONES));
        }
    }

    /** A bit for each byte that is not 0, as many as there are lanes. */
    private static long loadBits(MemorySegment condition, long at) {
        if (LANES == 4) {
            return nonZero(condition.get(JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at) & 0xFFFFFFFFL);
        }
        long bits = 0;
        for (int i = 0; i < LANES; i += 8) {
            bits |= nonZero(condition.get(JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN), at + i)) << i;
        }
        return bits;
    }

    private static long nonZero(long bytes) {
        long upper = ONES << 7;
        return Long.compress((bytes & ~upper) + ~upper | bytes, upper);
    }

    @Override
    public void select(
            MemorySegment condition,
            long conditionAt,
            MemorySegment a,
            long aAt,
            MemorySegment b,
            long bAt,
            MemorySegment y,
            long yAt,
            int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> first = VectorMask.fromLong(SPECIES, loadBits(condition, conditionAt + i));
            store(load(b, bAt + i).blend(load(a, aAt + i), first), y, yAt + i);
        }
    }

    @Override
    public void affine(MemorySegment x, long xAt, double scale, double shift, MemorySegment y, long yAt, int n) {
        FloatVector factor = FloatVector.broadcast(SPECIES, (float) scale);
        FloatVector added = FloatVector.broadcast(SPECIES, (float) shift);
        for (int i = 0; i < n; i += LANES) {
            store(load(x, xAt + i).fma(factor, added), y, yAt + i);
        }
    }

    @Override
    public void accumulate(MemorySegment x, long xAt, double factor, MemorySegment y, long yAt, int n) {
        FloatVector times = FloatVector.broadcast(SPECIES, (float) factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(x, xAt + i).fma(times, load(y, yAt + i)), y, yAt + i);
        }
    }

    @Override
    public void clamp(MemorySegment x, long xAt, double low, double high, MemorySegment y, long yAt, int n) {
        float lowest = (float) low;
        float highest = (float) high;
        for (int i = 0; i < n; i += LANES) {
            FloatVector v = load(x, xAt + i);
            v = v.blend(lowest, v.compare(VectorOperators.LT, lowest));
            store(v.blend(highest, v.compare(VectorOperators.GT, highest)), y, yAt + i);
        }
    }
}
