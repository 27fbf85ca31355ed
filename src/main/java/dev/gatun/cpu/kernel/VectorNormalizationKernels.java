package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Normalisation of rows in the Vector API, copied by {@link Specialization} for each species: in floats, sums by blocks of a row
 * and in double over the blocks, with the mean taken off in two parts so that none of its precision is lost.
 */
final class VectorNormalizationKernels implements NormalizationKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();
    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(SPECIES, 8, 1, true);
    private static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(SPECIES, 4, 1, true);
    private static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(SPECIES, 2, 1, true);
    private static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(SPECIES, 1, 1, true);

    VectorNormalizationKernels() {}

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static FloatVector all(double value) {
        return FloatVector.broadcast(SPECIES, (float) value);
    }

    /** The sum of the lanes, halves first: reduceLanes leaves the order open, and compiled code has another than interpreted. */
    private static float sum(FloatVector lanes) {
        FloatVector eight = LANES > 8 ? lanes.add(lanes.rearrange(BY_8)) : lanes;
        FloatVector four = LANES > 4 ? eight.add(eight.rearrange(BY_4)) : eight;
        FloatVector two = four.add(four.rearrange(BY_2));
        return two.add(two.rearrange(BY_1)).lane(0);
    }

    @Override
    public void normalize(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment bias,
            long biasAt,
            MemorySegment y,
            long yAt,
            int n) {
        int done = n & -LANES;
        normalizeVectors(x, xAt, mean, rstd, weight, weightAt, bias, biasAt, y, yAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            rest.take(0, x, xAt + done, n - done);
            long weightRest = rest.take(1, weight, weightAt + done, n - done);
            long biasRest = rest.take(2, bias, biasAt + done, n - done);
            normalizeVectors(room, 0, mean, rstd, room, weightRest, room, biasRest, room, 0, LANES);
            rest.give(y, yAt + done, n - done);
        }
    }

    private static void normalizeVectors(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment bias,
            long biasAt,
            MemorySegment y,
            long yAt,
            int n) {
        FloatVector high = all(mean);
        FloatVector low = all(mean - (float) mean);
        FloatVector scale = all(rstd);
        for (int i = 0; i < n; i += LANES) {
            FloatVector normal = load(x, xAt + i).sub(high).sub(low).mul(scale);
            store(normal.fma(load(weight, weightAt + i), load(bias, biasAt + i)), y, yAt + i);
        }
    }

    @Override
    public void normalizeSums(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment parameters,
            long parametersAt,
            double[] sums,
            int n) {
        long dbiasAt = parametersAt + n;
        int done = n & -LANES;
        double sum = 0;
        double dot = 0;
        MemorySegment lanes = Scratch.ofThread().room();
        for (int i = 0; i < done; i += Scratch.BLOCK) {
            int count = Math.min(Scratch.BLOCK, done - i);
            sumVectors(
                    x,
                    xAt + i,
                    mean,
                    rstd,
                    weight,
                    weightAt + i,
                    dy,
                    dyAt + i,
                    parameters,
                    parametersAt + i,
                    dbiasAt + i,
                    lanes,
                    count);
            sum += sum(load(lanes, 0));
            dot += sum(load(lanes, LANES));
        }
        for (int i = done; i < n; i++) {
            float gradient = dy.getAtIndex(FLOAT, dyAt + i);
            double normal = (x.getAtIndex(FLOAT, xAt + i) - mean) * rstd;
            double g = (double) weight.getAtIndex(FLOAT, weightAt + i) * gradient;
            sum += g;
            dot += g * normal;
            float before = parameters.getAtIndex(FLOAT, parametersAt + i);
            parameters.setAtIndex(FLOAT, parametersAt + i, Math.fma(gradient, (float) normal, before));
            parameters.setAtIndex(FLOAT, dbiasAt + i, gradient + parameters.getAtIndex(FLOAT, dbiasAt + i));
        }
        sums[0] = sum;
        sums[1] = dot;
    }

    /** Σ g and Σ g x̂, lane by lane, with g = dy weight, and what the parameters' gradients gain. */
    private static void sumVectors(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment parameters,
            long dweightAt,
            long dbiasAt,
            MemorySegment lanes,
            int n) {
        FloatVector high = all(mean);
        FloatVector low = all(mean - (float) mean);
        FloatVector scale = all(rstd);
        FloatVector sum = all(0);
        FloatVector dot = all(0);
        for (int i = 0; i < n; i += LANES) {
            FloatVector gradient = load(dy, dyAt + i);
            FloatVector normal = load(x, xAt + i).sub(high).sub(low).mul(scale);
            FloatVector g = gradient.mul(load(weight, weightAt + i));
            sum = sum.add(g);
            dot = g.fma(normal, dot);
            store(gradient.fma(normal, load(parameters, dweightAt + i)), parameters, dweightAt + i);
            store(gradient.add(load(parameters, dbiasAt + i)), parameters, dbiasAt + i);
        }
        store(sum, lanes, 0);
        store(dot, lanes, LANES);
    }

    @Override
    public void normalizeBackward(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            double[] sums,
            MemorySegment dx,
            long dxAt,
            int n) {
        int done = n & -LANES;
        double average = sums[0] / n;
        double slope = sums[1] / n;
        backwardVectors(x, xAt, mean, rstd, weight, weightAt, dy, dyAt, average, slope, dx, dxAt, done);
        if (done < n) {
            Scratch rest = Scratch.ofThread();
            MemorySegment room = rest.room();
            long xRest = rest.take(1, x, xAt + done, n - done);
            long weightRest = rest.take(2, weight, weightAt + done, n - done);
            rest.take(0, dy, dyAt + done, n - done);
            backwardVectors(room, xRest, mean, rstd, room, weightRest, room, 0, average, slope, room, 0, LANES);
            rest.give(dx, dxAt + done, n - done);
        }
    }

    /** dx = rstd (dy weight − average − x̂ slope). */
    private static void backwardVectors(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            double average,
            double slope,
            MemorySegment dx,
            long dxAt,
            int n) {
        FloatVector high = all(mean);
        FloatVector low = all(mean - (float) mean);
        FloatVector scale = all(rstd);
        FloatVector off = all(-average);
        FloatVector perNormal = all(-slope);
        for (int i = 0; i < n; i += LANES) {
            FloatVector normal = load(x, xAt + i).sub(high).sub(low).mul(scale);
            FloatVector g = load(dy, dyAt + i).fma(load(weight, weightAt + i), off);
            store(normal.fma(perNormal, g).mul(scale), dx, dxAt + i);
        }
    }
}
