package dev.gatun.cpu.kernel;

import dev.gatun.backend.Reduction;
import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Exponentials of rows in the Vector API, copied by {@link Specialization} for each species. What a row leaves after its whole vectors
 * goes through the same code in {@link Scratch}; numbers to take off come in two floats, so that none of their precision is lost.
 */
final class VectorSoftmaxKernels implements SoftmaxKernels {
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
    private static final VectorMath MATH = VectorMath.of(SPECIES);
    private static final ReductionKernels REDUCTIONS =
            Specialization.of(MethodHandles.lookup(), VectorReductionKernels.class, ReductionKernels.class, SPECIES);

    VectorSoftmaxKernels() {}

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static void store(FloatVector vector, MemorySegment segment, long at) {
        vector.intoMemorySegment(NATIVE.cast(segment), 4 * at, ORDER);
    }

    private static FloatVector all(float value) {
        return FloatVector.broadcast(SPECIES, value);
    }

    /** What a float leaves of a double. */
    private static float remainder(double value) {
        return Double.isInfinite(value) ? 0 : (float) (value - (float) value);
    }

    private static FloatVector larger(FloatVector largest, FloatVector next) {
        return largest.blend(next, next.compare(VectorOperators.GT, largest));
    }

    /** The largest number of a row, 0 where that is −∞. NaN is passed over. */
    private static float shift(MemorySegment x, long xAt, int n) {
        FloatVector even = all(Float.NEGATIVE_INFINITY);
        FloatVector odd = even;
        int i = 0;
        for (; i <= n - 2 * LANES; i += 2 * LANES) {
            even = larger(even, load(x, xAt + i));
            odd = larger(odd, load(x, xAt + i + LANES));
        }
        float largest = larger(even, odd).reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            float next = x.getAtIndex(FLOAT, xAt + i);
            largest = next > largest ? next : largest;
        }
        return largest == Float.NEGATIVE_INFINITY ? 0 : largest;
    }

    /** Σ exp(x − shift): in floats, few of them to a lane, by blocks of a row, and in double over the blocks. */
    private static double sumOfExponentials(MemorySegment x, long xAt, float shift, int n) {
        double sum = 0;
        int count;
        for (int from = 0; from < n; from += count) {
            count = whole(n - from);
            MemorySegment source = count > 0 ? x : broken(x, xAt + from, n - from);
            long at = count > 0 ? xAt + from : 0;
            count = Math.max(count, LANES);
            sum += sumOfExponentialVectors(source, at, shift, count);
        }
        return sum;
    }

    /** How many of the n numbers left are worked on next: whole vectors of a block, 0 where there is a broken one alone. */
    private static int whole(int n) {
        return Math.min(n, Scratch.BLOCK) & -LANES;
    }

    /**
     * A broken vector in {@link Scratch}, with −∞ for what it lacks. It goes through the very calls that the others do: methods with
     * an exponential in two places may exhaust what C2 inlines, and then box every vector.
     */
    private static MemorySegment broken(MemorySegment x, long xAt, int n) {
        Scratch rest = Scratch.ofThread();
        rest.take(0, x, xAt, n);
        for (int i = n; i < LANES; i++) {
            rest.room().setAtIndex(FLOAT, i, Float.NEGATIVE_INFINITY);
        }
        return rest.room();
    }

    private static float sumOfExponentialVectors(MemorySegment x, long xAt, float shift, int n) {
        FloatVector off = all(shift);
        FloatVector sum = all(0);
        for (int i = 0; i < n; i += LANES) {
            sum = sum.add(MATH.weight(load(x, xAt + i).sub(off)));
        }
        return sum(sum);
    }

    /** y = exp(x − shift); their sum in floats, few of them to a lane. */
    private static float exponentialVectors(MemorySegment x, long xAt, float shift, MemorySegment y, long yAt, int n) {
        FloatVector off = all(shift);
        FloatVector sum = all(0);
        for (int i = 0; i < n; i += LANES) {
            FloatVector power = MATH.weight(load(x, xAt + i).sub(off));
            store(power, y, yAt + i);
            sum = sum.add(power);
        }
        return sum(sum);
    }

    /** The sum of the lanes, halves first: reduceLanes leaves the order open, and compiled code has another than interpreted. */
    private static float sum(FloatVector lanes) {
        FloatVector eight = LANES > 8 ? lanes.add(lanes.rearrange(BY_8)) : lanes;
        FloatVector four = LANES > 4 ? eight.add(eight.rearrange(BY_4)) : eight;
        FloatVector two = four.add(four.rearrange(BY_2));
        return two.add(two.rearrange(BY_1)).lane(0);
    }

    @Override
    public double logSumExp(MemorySegment x, long xAt, int n) {
        float shift = shift(x, xAt, n);
        return shift + Math.log(sumOfExponentials(x, xAt, shift, n));
    }

    @Override
    public void exponential(MemorySegment x, long xAt, double shift, double factor, MemorySegment y, long yAt, int n) {
        exponentials(x, xAt, shift, factor, y, yAt, n);
    }

    private static void exponentials(
            MemorySegment x, long xAt, double shift, double factor, MemorySegment y, long yAt, int n) {
        int count;
        for (int from = 0; from < n; from += count) {
            count = whole(n - from);
            boolean isBroken = count == 0;
            MemorySegment source = isBroken ? broken(x, xAt + from, n - from) : x;
            long at = isBroken ? 0 : xAt + from;
            long to = isBroken ? 0 : yAt + from;
            count = Math.max(count, LANES);
            exponentialVectors(source, at, shift, factor, isBroken ? source : y, to, count);
            if (isBroken) {
                Scratch.ofThread().give(y, yAt + from, n - from);
            }
        }
    }

    private static void exponentialVectors(
            MemorySegment x, long xAt, double shift, double factor, MemorySegment y, long yAt, int n) {
        FloatVector high = all((float) shift);
        FloatVector low = all(remainder(shift));
        FloatVector times = all((float) factor);
        for (int i = 0; i < n; i += LANES) {
            store(MATH.weight(load(x, xAt + i).sub(high).sub(low)).mul(times), y, yAt + i);
        }
    }

    /** The exponentials are kept in y and then divided by their sum. */
    @Override
    public void softmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        float shift = shift(x, xAt, n);
        double sum = 0;
        int count;
        for (int from = 0; from < n; from += count) {
            count = whole(n - from);
            boolean isBroken = count == 0;
            MemorySegment source = isBroken ? broken(x, xAt + from, n - from) : x;
            long at = isBroken ? 0 : xAt + from;
            long to = isBroken ? 0 : yAt + from;
            count = Math.max(count, LANES);
            sum += exponentialVectors(source, at, shift, isBroken ? source : y, to, count);
            if (isBroken) {
                Scratch.ofThread().give(y, yAt + from, n - from);
            }
        }
        int done = n & -LANES;
        float factor = sum == 0 ? 0 : (float) (1 / sum);
        multiplyVectors(y, yAt, factor, done);
        for (int i = done; i < n; i++) {
            y.setAtIndex(FLOAT, yAt + i, y.getAtIndex(FLOAT, yAt + i) * factor);
        }
    }

    private static void multiplyVectors(MemorySegment y, long yAt, float factor, int n) {
        FloatVector times = all(factor);
        for (int i = 0; i < n; i += LANES) {
            store(load(y, yAt + i).mul(times), y, yAt + i);
        }
    }

    @Override
    public void softmaxBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        float dot = (float) REDUCTIONS.dot(y, yAt, dy, dyAt, n);
        int done = n & -LANES;
        softmaxBackwardVectors(y, yAt, dy, dyAt, dot, dx, dxAt, done);
        for (int i = done; i < n; i++) {
            dx.setAtIndex(FLOAT, dxAt + i, (dy.getAtIndex(FLOAT, dyAt + i) - dot) * y.getAtIndex(FLOAT, yAt + i));
        }
    }

    private static void softmaxBackwardVectors(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, float dot, MemorySegment dx, long dxAt, int n) {
        FloatVector mean = all(dot);
        for (int i = 0; i < n; i += LANES) {
            store(load(dy, dyAt + i).sub(mean).mul(load(y, yAt + i)), dx, dxAt + i);
        }
    }

    @Override
    public void logSoftmax(MemorySegment x, long xAt, MemorySegment y, long yAt, int n) {
        float shift = shift(x, xAt, n);
        float log = (float) Math.log(sumOfExponentials(x, xAt, shift, n));
        int done = n & -LANES;
        subtractVectors(x, xAt, shift, log, y, yAt, done);
        for (int i = done; i < n; i++) {
            y.setAtIndex(FLOAT, yAt + i, x.getAtIndex(FLOAT, xAt + i) - shift - log);
        }
    }

    private static void subtractVectors(
            MemorySegment x, long xAt, float first, float second, MemorySegment y, long yAt, int n) {
        FloatVector a = all(first);
        FloatVector b = all(second);
        for (int i = 0; i < n; i += LANES) {
            store(load(x, xAt + i).sub(a).sub(b), y, yAt + i);
        }
    }

    @Override
    public void logSoftmaxBackward(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, MemorySegment dx, long dxAt, int n) {
        float sum = (float) REDUCTIONS.reduce(Reduction.SUM, dy, dyAt, n);
        int count;
        for (int from = 0; from < n; from += count) {
            count = whole(n - from);
            boolean isBroken = count == 0;
            Scratch rest = Scratch.ofThread();
            long yFrom = isBroken ? rest.take(1, y, yAt + from, n - from) : yAt + from;
            long dyFrom = isBroken ? rest.take(0, dy, dyAt + from, n - from) : dyAt + from;
            MemorySegment outputs = isBroken ? rest.room() : y;
            MemorySegment upstream = isBroken ? rest.room() : dy;
            MemorySegment target = isBroken ? rest.room() : dx;
            count = Math.max(count, LANES);
            logSoftmaxBackwardVectors(outputs, yFrom, upstream, dyFrom, sum, target, isBroken ? 0 : dxAt + from, count);
            if (isBroken) {
                rest.give(dx, dxAt + from, n - from);
            }
        }
    }

    private static void logSoftmaxBackwardVectors(
            MemorySegment y, long yAt, MemorySegment dy, long dyAt, float sum, MemorySegment dx, long dxAt, int n) {
        FloatVector minus = all(-sum);
        for (int i = 0; i < n; i += LANES) {
            store(MATH.weight(load(y, yAt + i)).fma(minus, load(dy, dyAt + i)), dx, dxAt + i);
        }
    }
}
