package dev.gatun.cpu.kernel;

import dev.gatun.backend.Reduction;
import dev.gatun.cpu.gemm.Specialization;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Reductions of rows in the Vector API, copied by {@link Specialization} for each species. Sums are kept in vectors of doubles, whose
 * lanes are added in an order of our own: the one of reduceLanes is not defined and changes when a method is compiled.
 */
final class VectorReductionKernels implements ReductionKernels {
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
    private static final VectorShuffle<Double> BY_4 = VectorShuffle.iota(DOUBLES, 4, 1, true);
    private static final VectorShuffle<Double> BY_2 = VectorShuffle.iota(DOUBLES, 2, 1, true);
    private static final VectorShuffle<Double> BY_1 = VectorShuffle.iota(DOUBLES, 1, 1, true);

    VectorReductionKernels() {}

    private static FloatVector load(MemorySegment segment, long at) {
        return FloatVector.fromMemorySegment(SPECIES, NATIVE.cast(segment), 4 * at, ORDER);
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

    /** The sum of the lanes: halves onto each other, in this order always. */
    private static double total(DoubleVector lanes) {
        DoubleVector sum = lanes;
        if (DOUBLE_LANES > 4) {
            sum = sum.add(sum.rearrange(BY_4));
        }
        if (DOUBLE_LANES > 2) {
            sum = sum.add(sum.rearrange(BY_2));
        }
        return sum.add(sum.rearrange(BY_1)).lane(0);
    }

    @Override
    public double reduce(Reduction reduction, MemorySegment x, long xAt, int n) {
        return switch (reduction) {
            case SUM, MEAN -> sum(x, xAt, n);
            case SUM_OF_SQUARES -> dot(x, xAt, x, xAt, n);
            case MAX -> max(x, xAt, n);
            case MIN -> min(x, xAt, n);
        };
    }

    private static double sum(MemorySegment x, long xAt, int n) {
        DoubleVector even = DoubleVector.zero(DOUBLES);
        DoubleVector odd = DoubleVector.zero(DOUBLES);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            even = even.add(loadWide(x, xAt + i));
            odd = odd.add(loadWide(x, xAt + i + DOUBLE_LANES));
        }
        double sum = total(even.add(odd));
        for (; i < n; i++) {
            sum += x.getAtIndex(FLOAT, xAt + i);
        }
        return sum;
    }

    private static double max(MemorySegment x, long xAt, int n) {
        FloatVector largest = FloatVector.broadcast(SPECIES, Float.NEGATIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            largest = largest.max(load(x, xAt + i));
        }
        float max = largest.reduceLanes(VectorOperators.MAX);
        for (; i < n; i++) {
            max = Math.max(max, x.getAtIndex(FLOAT, xAt + i));
        }
        return max;
    }

    private static double min(MemorySegment x, long xAt, int n) {
        FloatVector smallest = FloatVector.broadcast(SPECIES, Float.POSITIVE_INFINITY);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            smallest = smallest.min(load(x, xAt + i));
        }
        float min = smallest.reduceLanes(VectorOperators.MIN);
        for (; i < n; i++) {
            min = Math.min(min, x.getAtIndex(FLOAT, xAt + i));
        }
        return min;
    }

    @Override
    public void reduceColumns(
            Reduction reduction, MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n) {
        int whole = n & -DOUBLE_LANES;
        switch (reduction) {
            case SUM, MEAN -> addColumns(x, xAt, results, resultsAt, whole);
            case SUM_OF_SQUARES -> addSquares(x, xAt, results, resultsAt, whole);
            case MAX -> maxColumns(x, xAt, results, resultsAt, whole);
            case MIN -> minColumns(x, xAt, results, resultsAt, whole);
        }
        for (int i = whole; i < n; i++) {
            double before = results.getAtIndex(DOUBLE, resultsAt + i);
            double after = ScalarReductionKernels.include(reduction, before, x.getAtIndex(FLOAT, xAt + i));
            results.setAtIndex(DOUBLE, resultsAt + i, after);
        }
    }

    private static void addColumns(MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n) {
        for (int i = 0; i < n; i += DOUBLE_LANES) {
            storeDoubles(loadDoubles(results, resultsAt + i).add(loadWide(x, xAt + i)), results, resultsAt + i);
        }
    }

    private static void addSquares(MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n) {
        for (int i = 0; i < n; i += DOUBLE_LANES) {
            DoubleVector v = loadWide(x, xAt + i);
            storeDoubles(v.fma(v, loadDoubles(results, resultsAt + i)), results, resultsAt + i);
        }
    }

    private static void maxColumns(MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n) {
        for (int i = 0; i < n; i += DOUBLE_LANES) {
            storeDoubles(loadDoubles(results, resultsAt + i).max(loadWide(x, xAt + i)), results, resultsAt + i);
        }
    }

    private static void minColumns(MemorySegment x, long xAt, MemorySegment results, long resultsAt, int n) {
        for (int i = 0; i < n; i += DOUBLE_LANES) {
            storeDoubles(loadDoubles(results, resultsAt + i).min(loadWide(x, xAt + i)), results, resultsAt + i);
        }
    }

    @Override
    public int argMax(MemorySegment x, long xAt, int n) {
        float largest = (float) max(x, xAt, n);
        int i = Float.isNaN(largest) ? firstNaN(x, xAt, n & -LANES) : first(x, xAt, n & -LANES, largest);
        while (i < n
                && Float.compare(x.getAtIndex(FLOAT, xAt + i), largest) != 0
                && x.getAtIndex(FLOAT, xAt + i) != largest) {
            i++;
        }
        return i;
    }

    /** Where the first number of this value stands, or n. */
    private static int first(MemorySegment x, long xAt, int n, float value) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> found = load(x, xAt + i).compare(VectorOperators.EQ, value);
            if (found.anyTrue()) {
                return i + found.firstTrue();
            }
        }
        return n;
    }

    private static int firstNaN(MemorySegment x, long xAt, int n) {
        for (int i = 0; i < n; i += LANES) {
            VectorMask<Float> found = load(x, xAt + i).test(VectorOperators.IS_NAN);
            if (found.anyTrue()) {
                return i + found.firstTrue();
            }
        }
        return n;
    }

    @Override
    public double dot(MemorySegment a, long aAt, MemorySegment b, long bAt, int n) {
        DoubleVector even = DoubleVector.zero(DOUBLES);
        DoubleVector odd = DoubleVector.zero(DOUBLES);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            even = loadWide(a, aAt + i).fma(loadWide(b, bAt + i), even);
            odd = loadWide(a, aAt + i + DOUBLE_LANES).fma(loadWide(b, bAt + i + DOUBLE_LANES), odd);
        }
        double sum = total(even.add(odd));
        for (; i < n; i++) {
            sum += (double) a.getAtIndex(FLOAT, aAt + i) * b.getAtIndex(FLOAT, bAt + i);
        }
        return sum;
    }

    /** In one pass over d = x − x₀: Σ d² − (Σ d)² / n loses no more than n parts of a double's precision, for (x₀ − mean)² ≤ n · variance. */
    @Override
    public void moments(MemorySegment x, long xAt, int n, double[] moments) {
        double first = n == 0 ? Double.NaN : x.getAtIndex(FLOAT, xAt);
        DoubleVector start = DoubleVector.broadcast(DOUBLES, first);
        DoubleVector even = DoubleVector.zero(DOUBLES);
        DoubleVector odd = DoubleVector.zero(DOUBLES);
        DoubleVector evenSquares = DoubleVector.zero(DOUBLES);
        DoubleVector oddSquares = DoubleVector.zero(DOUBLES);
        int i = 0;
        for (; i <= n - LANES; i += LANES) {
            DoubleVector left = loadWide(x, xAt + i).sub(start);
            DoubleVector right = loadWide(x, xAt + i + DOUBLE_LANES).sub(start);
            even = even.add(left);
            odd = odd.add(right);
            evenSquares = left.fma(left, evenSquares);
            oddSquares = right.fma(right, oddSquares);
        }
        double sum = total(even.add(odd));
        double squares = total(evenSquares.add(oddSquares));
        for (; i < n; i++) {
            double deviation = x.getAtIndex(FLOAT, xAt + i) - first;
            sum += deviation;
            squares += deviation * deviation;
        }
        moments[0] = first + sum / n;
        moments[1] = Math.max(squares - sum * (sum / n), 0) / n;
    }
}
