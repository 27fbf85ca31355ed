package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Normalisation of rows in the Vector API, copied by {@link Specialization} for each species: sums in double, the rest in float, with
 * the mean taken off in two parts so that none of its precision is lost.
 */
final class VectorNormalizationKernels implements NormalizationKernels {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final VectorSpecies<Float> HALF =
            VectorSpecies.of(float.class, VectorShape.forBitSize(SPECIES.vectorBitSize() / 2));
    private static final VectorSpecies<Double> DOUBLES =
            VectorSpecies.of(double.class, VectorShape.forBitSize(SPECIES.vectorBitSize()));

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final ValueLayout.OfDouble DOUBLE = ValueLayout.JAVA_DOUBLE;

    /** Kernels see off-heap segments alone. Said so, C2 need not ask at every vector, as it does once anyone has used heap segments. */
    private static final Class<? extends MemorySegment> NATIVE = MemorySegment.NULL.getClass();

    private static final int LANES = SPECIES.length();
    private static final int DOUBLE_LANES = DOUBLES.length();
    private static final ReductionKernels REDUCTIONS =
            Specialization.of(MethodHandles.lookup(), VectorReductionKernels.class, ReductionKernels.class, SPECIES);

    VectorNormalizationKernels() {}

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 4 * at, ORDER);
    }

    /** So many numbers as a vector of doubles holds. */
    private static DoubleVector loadWide(MemorySegment segment, long at) {
        FloatVector half = FloatVector.fromMemorySegment(HALF, NATIVE.cast(segment), 4 * at, ORDER);
        return (DoubleVector) half.convertShape(VectorOperators.F2D, DOUBLES, 0);
    }

    private static DoubleVector loadDoubles(MemorySegment segment, long at) {
        return DoubleVector.fromMemorySegment(DOUBLES, NATIVE.cast(segment), 8 * at, ORDER);
    }

    private static void storeDoubles(DoubleVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 8 * at, ORDER);
    }

    private static FloatVector all(double value) {
        return FloatVector.broadcast(SPECIES, (float) value);
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
    public void normalizeBackward(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment weight,
            long weightAt,
            MemorySegment dy,
            long dyAt,
            MemorySegment dx,
            long dxAt,
            int n) {
        double average = REDUCTIONS.dot(weight, weightAt, dy, dyAt, n) / n;
        double slope = REDUCTIONS.dotWithDeviations(weight, weightAt, dy, dyAt, x, xAt, mean, n) * rstd / n;
        int done = n & -LANES;
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

    @Override
    public void normalizeParameters(
            MemorySegment x,
            long xAt,
            double mean,
            double rstd,
            MemorySegment dy,
            long dyAt,
            MemorySegment dweight,
            long dweightAt,
            MemorySegment dbias,
            long dbiasAt,
            int n) {
        DoubleVector middle = DoubleVector.broadcast(DOUBLES, mean);
        DoubleVector scale = DoubleVector.broadcast(DOUBLES, rstd);
        int i = 0;
        for (; i <= n - DOUBLE_LANES; i += DOUBLE_LANES) {
            DoubleVector g = loadWide(dy, dyAt + i);
            DoubleVector normal = loadWide(x, xAt + i).sub(middle).mul(scale);
            storeDoubles(g.fma(normal, loadDoubles(dweight, dweightAt + i)), dweight, dweightAt + i);
            storeDoubles(g.add(loadDoubles(dbias, dbiasAt + i)), dbias, dbiasAt + i);
        }
        for (; i < n; i++) {
            double g = dy.getAtIndex(FLOAT, dyAt + i);
            double normal = (x.getAtIndex(FLOAT, xAt + i) - mean) * rstd;
            dweight.setAtIndex(DOUBLE, dweightAt + i, Math.fma(g, normal, dweight.getAtIndex(DOUBLE, dweightAt + i)));
            dbias.setAtIndex(DOUBLE, dbiasAt + i, g + dbias.getAtIndex(DOUBLE, dbiasAt + i));
        }
    }
}
