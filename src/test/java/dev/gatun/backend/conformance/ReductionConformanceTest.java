package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;
import static dev.gatun.backend.conformance.Tolerance.assertUlps;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link dev.gatun.backend.ReductionOps} must do, but for softmax. */
public abstract class ReductionConformanceTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final DType[] TYPES = {DType.F32, DType.F64};
    private static final int[] COUNTS = {1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 63, 65, 127, 1021, 1025};

    /** The backend under test. */
    protected abstract Backend backend();

    @ParameterizedTest
    @EnumSource
    void reduceEverySetOfAxes(Reduction reduction) {
        Shape shape = Shape.of(3, 4, 5, 19);
        for (DType dtype : TYPES) {
            for (int set = 0; set < 1 << shape.rank(); set++) {
                Shape to = shape;
                for (int axis = 0; axis < shape.rank(); axis++) {
                    to = (set >> axis & 1) == 1 ? to.with(axis, 1) : to;
                }
                for (Arrangement arrangement : Arrangement.values()) {
                    check(reduction, dtype, arrangement, shape, to);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void reduceRowsAndColumnsOfAwkwardSizes(Reduction reduction) {
        for (int count : COUNTS) {
            check(reduction, DType.F32, Arrangement.OFFSET, Shape.of(count), Shape.of(1));
            check(reduction, DType.F32, Arrangement.OFFSET, Shape.of(3, count), Shape.of(3, 1));
            check(reduction, DType.F32, Arrangement.SLICED, Shape.of(5, count), Shape.of(1, count));
            check(reduction, DType.F32, Arrangement.TRANSPOSED, Shape.of(count, 9), Shape.of(1, 9));
        }
    }

    @ParameterizedTest
    @EnumSource
    void reduceWhatIsCutIntoChunks(Reduction reduction) {
        check(reduction, DType.F32, Arrangement.OFFSET, Shape.of(100_003), Shape.of(1));
        check(reduction, DType.F32, Arrangement.CONTIGUOUS, Shape.of(3, 40_001), Shape.of(3, 1));
        check(reduction, DType.F32, Arrangement.CONTIGUOUS, Shape.of(4_001, 37), Shape.of(1, 37));
        check(reduction, DType.F32, Arrangement.CONTIGUOUS, Shape.of(50, 2_500), Shape.of(1, 2_500));
        check(reduction, DType.F32, Arrangement.SPACED, Shape.of(50_021), Shape.of(1));
        check(reduction, DType.F64, Arrangement.CONTIGUOUS, Shape.of(70_001, 2), Shape.of(1, 2));
        check(reduction, DType.F32, Arrangement.CONTIGUOUS, Shape.of(20_011, 3), Shape.of(20_011, 1));
    }

    private void check(Reduction reduction, DType dtype, Arrangement arrangement, Shape from, Shape to) {
        double[] numbers = Workbench.numbers(from.elements(), 3, from.elements());
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, arrangement, from, numbers);
            View y = bench.blank(dtype, to);
            backend().reduction().reduce(reduction, x, y);
            String what = reduction + " " + dtype + " " + arrangement + " " + from + " to " + to;
            assertClose(dtype, 1, 1e-13 * from.elements(), reduced(reduction, numbers, from, to), bench.read(y), what);
        }
    }

    /** Plainly: every element in turn goes to the result it belongs to. */
    private static double[] reduced(Reduction reduction, double[] numbers, Shape from, Shape to) {
        double[] results = new double[(int) to.elements()];
        Arrays.fill(results, reduction == Reduction.MAX ? -INFINITY : reduction == Reduction.MIN ? INFINITY : 0);
        for (int i = 0; i < numbers.length; i++) {
            int place = 0;
            int rest = i;
            int step = 1;
            for (int axis = from.rank() - 1; axis >= 0; axis--) {
                place += to.size(axis) == 1 ? 0 : rest % from.size(axis) * step;
                rest /= from.size(axis);
                step *= to.size(axis);
            }
            results[place] = switch (reduction) {
                case SUM -> results[place] + numbers[i];
                case MEAN -> results[place] + numbers[i] * to.elements() / from.elements();
                case MAX -> Math.max(results[place], numbers[i]);
                case MIN -> Math.min(results[place], numbers[i]);
                case SUM_OF_SQUARES -> results[place] + numbers[i] * numbers[i];
            };
        }
        return results;
    }

    @Test
    void sumsKeepSmallTermsBesideLargeOnes() {
        double[] numbers = new double[40_000];
        Arrays.fill(numbers, 1e-3f);
        numbers[0] = 1 << 20;
        assertReduces(Reduction.SUM, (1 << 20) + 39_999 * (double) 1e-3f, numbers);
    }

    @Test
    void extremesAndSpecialNumbers() {
        double nan = Double.NaN;
        for (int n : new int[] {1, 3, 16, 17, 40, 100}) {
            for (int place = 0; place < n; place++) {
                double[] numbers = Workbench.numbers(n, 1, n);
                numbers[place] = nan;
                assertReduces(Reduction.MAX, nan, numbers);
                assertReduces(Reduction.MIN, nan, numbers);
                assertReduces(Reduction.SUM, nan, numbers);
                numbers[place] = 2;
                assertReduces(Reduction.MAX, 2, numbers);
                numbers[place] = -2;
                assertReduces(Reduction.MIN, -2, numbers);
                numbers[place] = INFINITY;
                assertReduces(Reduction.SUM, INFINITY, numbers);
                assertReduces(Reduction.MAX, INFINITY, numbers);
            }
        }
        assertReduces(Reduction.MAX, -INFINITY, -INFINITY, -INFINITY);
        assertReduces(Reduction.SUM, nan, -INFINITY, INFINITY);
        assertReduces(Reduction.SUM_OF_SQUARES, Float.MAX_VALUE, Math.sqrt(Float.MAX_VALUE));
    }

    /** Reduces a row and, side by side, ten columns. */
    private void assertReduces(Reduction reduction, double expected, double... numbers) {
        Shape row = Shape.of(numbers.length);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, row, numbers);
            View y = bench.blank(DType.F32, Shape.of(1));
            backend().reduction().reduce(reduction, x, y);
            assertClose(DType.F32, 1, 0, new double[] {rounded(expected)}, bench.read(y), reduction + " of a row");
            double[] repeated = Arrays.stream(numbers)
                    .flatMap(v -> DoubleStream.generate(() -> v).limit(10))
                    .toArray();
            View columns = bench.view(DType.F32, Shape.of(numbers.length, 10), repeated);
            View ten = bench.blank(DType.F32, Shape.of(1, 10));
            backend().reduction().reduce(reduction, columns, ten);
            double[] tenTimes =
                    DoubleStream.generate(() -> rounded(expected)).limit(10).toArray();
            assertClose(DType.F32, 1, 0, tenTimes, bench.read(ten), reduction + " of columns");
        }
    }

    private static double rounded(double value) {
        return (float) value;
    }

    @Test
    void reduceNothing() {
        try (Workbench bench = new Workbench(backend())) {
            View none = bench.blank(DType.F32, Shape.of(3, 0));
            View y = bench.blank(DType.F32, Shape.of(3, 1));
            backend().reduction().reduce(Reduction.SUM, none, y);
            assertArrayEquals(new double[3], bench.read(y));
            backend().reduction().reduce(Reduction.SUM_OF_SQUARES, none, y);
            assertArrayEquals(new double[3], bench.read(y));
            backend().reduction().reduce(Reduction.MEAN, none, y);
            assertTrue(Arrays.stream(bench.read(y)).allMatch(Double::isNaN));
            String message = assertThrows(
                            ShapeException.class, () -> backend().reduction().reduce(Reduction.MAX, none, y))
                    .getMessage();
            assertEquals("reduce: MAX of no elements: [3, 0] to [3, 1]", message);
            View empty = bench.blank(DType.F32, Shape.of(0, 1));
            backend().reduction().reduce(Reduction.MAX, bench.blank(DType.F32, Shape.of(0, 4)), empty);
        }
    }

    @Test
    void reduceRefusesOtherShapes() {
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.blank(DType.F32, Shape.of(2, 3));
            for (Shape wrong : new Shape[] {Shape.of(2), Shape.of(3, 1), Shape.of(2, 3, 1)}) {
                View y = bench.blank(DType.F32, wrong);
                assertThrows(ShapeException.class, () -> backend().reduction().reduce(Reduction.SUM, x, y));
            }
        }
    }

    @Test
    void reduceBroadcastElements() {
        try (Workbench bench = new Workbench(backend())) {
            View x = Workbench.broadcast(bench.view(DType.F32, Shape.of(2, 1), 3, -4), Shape.of(5, 2, 11));
            View y = bench.blank(DType.F32, Shape.of(1, 2, 1));
            backend().reduction().reduce(Reduction.SUM, x, y);
            assertArrayEquals(new double[] {165, -220}, bench.read(y));
        }
    }

    @Test
    void argMax() {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                for (Arrangement arrangement : Arrangement.values()) {
                    double[] numbers = Arrays.stream(Workbench.numbers(4L * count, 3, count))
                            .map(Math::rint)
                            .toArray();
                    checkArgMax(dtype, arrangement, Shape.of(2, 2, count), numbers);
                }
            }
        }
    }

    @Test
    void argMaxOfSpecialNumbers() {
        double nan = Double.NaN;
        checkArgMax(DType.F32, Arrangement.CONTIGUOUS, Shape.of(1, 4), 1, nan, INFINITY, nan);
        checkArgMax(DType.F32, Arrangement.CONTIGUOUS, Shape.of(1, 3), -INFINITY, -INFINITY, -INFINITY);
        checkArgMax(DType.F32, Arrangement.CONTIGUOUS, Shape.of(1, 3), -0.0, 0.0, -0.0);
        for (int n : new int[] {17, 40, 100}) {
            for (int place = 0; place < n; place++) {
                double[] numbers = new double[n];
                numbers[place] = nan;
                checkArgMax(DType.F32, Arrangement.CONTIGUOUS, Shape.of(1, n), numbers);
                numbers[place] = 1;
                checkArgMax(DType.F32, Arrangement.CONTIGUOUS, Shape.of(1, n), numbers);
            }
        }
    }

    private void checkArgMax(DType dtype, Arrangement arrangement, Shape shape, double... numbers) {
        int n = shape.size(-1);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, arrangement, shape, numbers);
            View y = bench.blank(DType.I64, Layout.contiguous(shape.without(-1), 2));
            backend().reduction().argMax(x, y);
            double[] expected = IntStream.range(0, numbers.length / n)
                    .mapToDouble(row -> first(Arrays.copyOfRange(numbers, row * n, row * n + n)))
                    .toArray();
            assertArrayEquals(expected, bench.read(y), "argMax " + dtype + " " + arrangement + " " + shape);
        }
    }

    private static int first(double[] row) {
        boolean hasNaN = Arrays.stream(row).anyMatch(Double::isNaN);
        double largest = Arrays.stream(row).max().orElseThrow();
        return IntStream.range(0, row.length)
                .filter(i -> hasNaN ? Double.isNaN(row[i]) : row[i] == largest)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void reductionsRepeatBitForBit() {
        double[] numbers = Workbench.numbers(200_000, 1, 1);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(400, 500), numbers);
            for (Shape to : new Shape[] {Shape.of(1, 1), Shape.of(1, 500), Shape.of(400, 1)}) {
                View y = bench.blank(DType.F32, to);
                backend().reduction().reduce(Reduction.SUM, x, y);
                double[] once = bench.read(y);
                for (int i = 0; i < 20; i++) {
                    backend().reduction().reduce(Reduction.SUM, x, y);
                    assertUlps(DType.F32, 0, once, bench.read(y), "again");
                }
            }
        }
    }
}
