package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
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
        return FloatVector.fromMemorySegment(SPECIES, segment, index * 4, ORDER);
    }

    private static FloatVector load(MemorySegment segment, long index, VectorMask<Float> mask) {
        return FloatVector.fromMemorySegment(SPECIES, segment, index * 4, ORDER, mask);
    }

    private static void store(FloatVector vector, MemorySegment segment, long index) {
        vector.intoMemorySegment(segment, index * 4, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long index, VectorMask<Float> mask) {
        vector.intoMemorySegment(segment, index * 4, ORDER, mask);
    }

    /** The sum of the lanes, halves first: reduceLanes leaves the order open, and compiled code has another than interpreted. */
    private static float sum(FloatVector lanes) {
        FloatVector eight = LANES > 8 ? lanes.add(lanes.rearrange(BY_8)) : lanes;
        FloatVector four = LANES > 4 ? eight.add(eight.rearrange(BY_4)) : eight;
        FloatVector two = four.add(four.rearrange(BY_2));
        return two.add(two.rearrange(BY_1)).lane(0);
    }

    @Override
    public double softmax(MemorySegment s, long at, int n, double scale, @Nullable MemorySegment bias, long biasAt) {
        float max = bias == null ? scale(s, at, n, (float) scale) : bias(s, at, n, (float) scale, bias, biasAt);
        if (max == Float.NEGATIVE_INFINITY) {
            return scalar.softmax(s, at, n, 1, null, 0);
        }
        float sum = exp(s, at, n, max);
        multiply(s, at, n, 1 / sum);
        return max + Math.log(sum);
    }

    /** s = scale · s; the largest, NaN apart. */
    private static float scale(MemorySegment s, long at, int n, float scale) {
        FloatVector max = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            FloatVector score = load(s, at + j).mul(scale);
            store(score, s, at + j);
            max = max.blend(score, score.compare(VectorOperators.GT, max));
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            FloatVector score = load(s, at + whole, mask).mul(scale);
            store(score, s, at + whole, mask);
            max = max.blend(score, score.compare(VectorOperators.GT, max, mask));
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    /** s = scale · s + bias; the largest, NaN apart. */
    private static float bias(MemorySegment s, long at, int n, float scale, MemorySegment bias, long biasAt) {
        FloatVector factor = FloatVector.broadcast(SPECIES, scale);
        FloatVector max = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            FloatVector score = load(s, at + j).fma(factor, load(bias, biasAt + j));
            store(score, s, at + j);
            max = max.blend(score, score.compare(VectorOperators.GT, max));
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            FloatVector score = load(s, at + whole, mask).fma(factor, load(bias, biasAt + whole, mask));
            store(score, s, at + whole, mask);
            max = max.blend(score, score.compare(VectorOperators.GT, max, mask));
        }
        return max.reduceLanes(VectorOperators.MAX);
    }

    /** s = exp(s − shift); their sum. */
    private static float exp(MemorySegment s, long at, int n, float shift) {
        FloatVector sum = FloatVector.zero(SPECIES);
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            FloatVector power = MATH.exp(load(s, at + j).sub(shift));
            store(power, s, at + j);
            sum = sum.add(power);
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            FloatVector power = MATH.exp(load(s, at + whole, mask).sub(shift));
            store(power, s, at + whole, mask);
            sum = sum.add(power, mask);
        }
        return sum(sum);
    }

    private static void multiply(MemorySegment s, long at, int n, float factor) {
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            store(load(s, at + j).mul(factor), s, at + j);
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            store(load(s, at + whole, mask).mul(factor), s, at + whole, mask);
        }
    }

    @Override
    public void probabilities(
            MemorySegment s,
            long at,
            int n,
            double scale,
            @Nullable MemorySegment bias,
            long biasAt,
            double logSumExp) {
        if (logSumExp == Double.NEGATIVE_INFINITY) {
            scalar.probabilities(s, at, n, scale, bias, biasAt, logSumExp);
        } else if (bias == null) {
            probabilities(s, at, n, (float) scale, (float) logSumExp);
        } else {
            bias(s, at, n, (float) scale, bias, biasAt);
            probabilities(s, at, n, 1, (float) logSumExp);
        }
    }

    private static void probabilities(MemorySegment s, long at, int n, float scale, float logSumExp) {
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            store(MATH.exp(load(s, at + j).mul(scale).sub(logSumExp)), s, at + j);
        }
        if (whole < n) {
            VectorMask<Float> mask = tail(whole, n);
            store(MATH.exp(load(s, at + whole, mask).mul(scale).sub(logSumExp)), s, at + whole, mask);
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
