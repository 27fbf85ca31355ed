package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;

/** Rows of F32 in the Vector API, copied by {@link Specialization} for each species; the last, broken vector of a row is masked. */
final class VectorAttentionKernels implements AttentionKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();
    private static final VectorMath MATH = VectorMath.of(SPECIES);

    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(SPECIES, 1, 1, true);

    private final AttentionKernels scalar = new ScalarAttentionKernels(DType.F32);

    VectorAttentionKernels() {}

    private static VectorMask<Float> tail(int from, int n) {
        return SPECIES.indexInRange(from, n);
    }

    private static FloatVector load(MemorySegment segment, long index) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), index * 4, ORDER);
    }

    private static FloatVector load(MemorySegment segment, long index, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), index * 4, ORDER, mask);
    }

    private static void store(FloatVector vector, MemorySegment segment, long index) {
        vector.intoMemorySegment(NATIVE.cast(segment), index * 4, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long index, VectorMask<Float> mask) {
        vector.intoMemorySegment(NATIVE.cast(segment), index * 4, ORDER, mask);
    }

    /** The sum of the lanes, halves first: reduceLanes leaves the order open, and compiled code has another than interpreted. */
    private static float sum(FloatVector lanes) {
        FloatVector eight = LANES > 8 ? lanes.add(lanes.rearrange(BY_8)) : lanes;
        FloatVector four = LANES > 4 ? eight.add(eight.rearrange(BY_4)) : eight;
        FloatVector two = four.add(four.rearrange(BY_2));
        return two.add(two.rearrange(BY_1)).lane(0);
    }

    @Override
    public double largest(MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt) {
        float largest =
                bias == null ? largest(s, at, n, (float) scale) : largestBiased(s, at, n, (float) scale, bias, biasAt);
        // NaN may have been passed over: the scalar kernel does not.
        return largest == Float.NEGATIVE_INFINITY ? scalar.largest(s, at, n, scale, bias, biasAt) : largest;
    }

    /** Floats as integers of the same order, and back: those below zero have all bits but the sign's turned over. */
    private static IntVector ordered(FloatVector x) {
        IntVector bits = x.reinterpretAsInts();
        return bits.lanewise(
                VectorOperators.XOR, bits.lanewise(VectorOperators.ASHR, 31).lanewise(VectorOperators.LSHR, 1));
    }

    /** The largest lane. The order of integers is taken since C2 needs a dozen instructions for a maximum of floats. */
    private static float largest(IntVector lanes) {
        int bits = lanes.reduceLanes(VectorOperators.MAX);
        return Float.intBitsToFloat(bits ^ (bits >> 31 >>> 1));
    }

    private static float largest(MemorySegment s, long at, int n, float scale) {
        IntVector max = ordered(FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY));
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            max = max.max(ordered(load(s, at + j).mul(scale)));
        }
        float largest = largest(max);
        for (int j = whole; j < n; j++) {
            float score = s.getAtIndex(FLOAT, at + j) * scale;
            largest = score > largest ? score : largest;
        }
        return largest;
    }

    private static float largestBiased(MemorySegment s, long at, int n, float scale, MemorySegment bias, long biasAt) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        IntVector max = ordered(FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY));
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            max = max.max(ordered(load(s, at + j).fma(factor, load(bias, biasAt + j))));
        }
        float largest = largest(max);
        for (int j = whole; j < n; j++) {
            float score = Math.fma(s.getAtIndex(FLOAT, at + j), scale, bias.getAtIndex(FLOAT, biasAt + j));
            largest = score > largest ? score : largest;
        }
        return largest;
    }

    @Override
    public double exponentials(
            MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt, double shift) {
        if (shift == Double.NEGATIVE_INFINITY) {
            return scalar.exponentials(s, at, n, scale, bias, biasAt, shift);
        }
        int done = n & -LANES;
        double sum = 0;
        for (int from = 0; from < done; from += Scratch.BLOCK) {
            int part = Math.min(Scratch.BLOCK, done - from);
            sum += exponentialVectors(s, at + from, part, (float) scale, bias, biasAt + from, (float) shift);
        }
        if (done < n) {
            sum += exponentialRest(s, at + done, n - done, (float) scale, bias, biasAt + done, (float) shift);
        }
        return sum;
    }

    /** A broken vector, by way of {@link Scratch}: with a second exponential under a mask C2 boxes all vectors of the method. */
    private static float exponentialRest(
            MemorySegment s, long at, int n, float scale, @Nullable MemorySegment bias, long biasAt, float shift) {
        Scratch rest = Scratch.ofThread();
        MemorySegment room = rest.room();
        long biasRest = bias == null ? 0 : rest.take(1, bias, biasAt, n);
        rest.take(0, s, at, n);
        exponentialVectors(room, 0, LANES, scale, bias == null ? null : room, biasRest, shift);
        rest.give(s, at, n);
        float sum = 0;
        for (int j = 0; j < n; j++) {
            sum += s.getAtIndex(FLOAT, at + j);
        }
        return sum;
    }

    private static float exponentialVectors(
            MemorySegment s, long at, int n, float scale, @Nullable MemorySegment bias, long biasAt, float shift) {
        return bias == null
                ? exponentialVectors(s, at, n, scale, shift)
                : exponentialVectorsBiased(s, at, n, scale, bias, biasAt, shift);
    }

    private static float exponentialVectors(MemorySegment s, long at, int n, float scale, float shift) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector off = FloatVector.broadcast(SPECIES, shift);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = 0; j < n; j += LANES) {
            FloatVector power = MATH.weight(load(s, at + j).mul(factor).sub(off));
            store(power, s, at + j);
            sum = sum.add(power);
        }
        return sum(sum);
    }

    private static float exponentialVectorsBiased(
            MemorySegment s, long at, int n, float scale, MemorySegment bias, long biasAt, float shift) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector off = FloatVector.broadcast(SPECIES, shift);
        FloatVector sum = FloatVector.zero(SPECIES);
        for (int j = 0; j < n; j += LANES) {
            FloatVector power = MATH.weight(
                    load(s, at + j).fma(factor, load(bias, biasAt + j)).sub(off));
            store(power, s, at + j);
            sum = sum.add(power);
        }
        return sum(sum);
    }

    /** Single elements come first: most runs end where a row's last vector does. */
    @Override
    public void fill(MemorySegment x, long at, int n, double value) {
        int single = n % LANES;
        for (int j = 0; j < single; j++) {
            x.setAtIndex(FLOAT, at + j, (float) value);
        }
        FloatVector all = FloatVector.broadcast(SPECIES, (float) value);
        for (int j = single; j < n; j += LANES) {
            store(all, x, at + j);
        }
    }

    @Override
    public void multiply(MemorySegment x, long at, int n, double factor) {
        float times = (float) factor;
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            store(load(x, at + j).mul(times), x, at + j);
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            store(load(x, at + whole, mask).mul(times), x, at + whole, mask);
        }
    }

    @Override
    public void scoreGradient(MemorySegment p, long at, MemorySegment dp, long dpAt, int n, double mean, double scale) {
        float shift = (float) mean;
        float factor = (float) scale;
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            FloatVector gradient = load(dp, dpAt + j).sub(shift).mul(factor);
            store(gradient.mul(load(p, at + j)), dp, dpAt + j);
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            FloatVector gradient = load(dp, dpAt + whole, mask).sub(shift).mul(factor);
            store(gradient.mul(load(p, at + whole, mask)), dp, dpAt + whole, mask);
        }
    }

    @Override
    public void block(MemorySegment blocked, long blockedAt, long stride, MemorySegment bias, long at, int n) {
        for (int j = 0; j < n; j++) {
            boolean isBlocked = blocked.get(ValueLayout.JAVA_BYTE, blockedAt + j * stride) != 0;
            bias.setAtIndex(ValueLayout.JAVA_FLOAT, at + j, isBlocked ? Float.NEGATIVE_INFINITY : 0);
        }
    }

    @Override
    public double dot(MemorySegment a, long at, MemorySegment b, long bAt, int n) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            sum = load(a, at + j).fma(load(b, bAt + j), sum);
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            sum = load(a, at + whole, mask).fma(load(b, bAt + whole, mask), sum);
        }
        return sum(sum);
    }
}
