package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;
import static dev.gatun.backend.conformance.Tolerance.assertUlps;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link dev.gatun.backend.ElementwiseOps} must do. */
public abstract class ElementwiseConformanceTest {
    /** Around the widths of vectors and of blocks. */
    private static final int[] COUNTS = {0, 1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 63, 65, 127, 1021, 1025, 4099};

    private static final double[] SPECIALS = {
        0.0,
        -0.0,
        1,
        -1,
        Double.POSITIVE_INFINITY,
        Double.NEGATIVE_INFINITY,
        Double.NaN,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        1e-40f,
        -1e-40f,
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        1e-10f,
        -1e-10f,
        88.72f,
        88.73f,
        -87.34f,
        -103.9f,
        -104.5f,
        -9.02f,
        9.02f,
        -14.5f,
        40,
        -40,
        1e30f,
        -1e30f
    };

    private static final DType[] TYPES = {DType.F32, DType.F64};

    /** The backend under test. */
    protected abstract Backend backend();

    /** Errors allowed in F32, in ulp; F64 has four of its own. */
    private static double ulps(DType dtype, UnaryFunction function) {
        if (dtype == DType.F64) {
            return function == UnaryFunction.GELU || function == UnaryFunction.GELU_TANH ? 2000 : 8;
        }
        return switch (function) {
            case NEGATE, ABS, SQRT, SQUARE, RECIPROCAL, RELU -> 0.5;
            case SIN, COS, LOG, EXP -> 2;
            case SIGMOID -> 3;
            case TANH, SILU -> 4;
            case GELU, GELU_TANH -> 16;
        };
    }

    /** Distances allowed beside: products with a tail that is subnormal, and tails whose exponent has been rounded. */
    private static double distance(DType dtype, UnaryFunction function) {
        return switch (function) {
            case GELU, SILU -> dtype == DType.F32 ? 1e-36 : 0;
            case GELU_TANH -> dtype == DType.F32 ? 1e-9 : 0;
            default -> 0;
        };
    }

    @ParameterizedTest
    @EnumSource
    void unary(UnaryFunction function) {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                double[] numbers = Workbench.numbers(count, function == UnaryFunction.LOG ? 3 : 12, count);
                checkUnary(function, dtype, Arrangement.OFFSET, Shape.of(count), domain(function, numbers));
            }
            for (Arrangement arrangement : Arrangement.values()) {
                double[] numbers = domain(function, Workbench.numbers(7 * 5 * 19, 5, 1));
                checkUnary(function, dtype, arrangement, Shape.of(7, 5, 19), numbers);
            }
            checkUnary(function, dtype, Arrangement.CONTIGUOUS, Shape.of(SPECIALS.length), domain(function, SPECIALS));
        }
    }

    private static double[] domain(UnaryFunction function, double[] numbers) {
        boolean narrow = function == UnaryFunction.SIN || function == UnaryFunction.COS;
        return Arrays.stream(numbers)
                .map(x -> narrow && Math.abs(x) > 1e6 ? 0.5 : x)
                .toArray();
    }

    private void checkUnary(
            UnaryFunction function, DType dtype, Arrangement arrangement, Shape shape, double[] numbers) {
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, arrangement, shape, numbers);
            View y = bench.blank(dtype, shape);
            backend().elementwise().unary(function, x, y);
            double[] expected = Arrays.stream(bench.read(x))
                    .map(v -> Expected.value(function, v))
                    .toArray();
            String what = function + " " + dtype + " " + arrangement;
            assertClose(dtype, ulps(dtype, function), distance(dtype, function), expected, bench.read(y), what);
            if (x.isContiguous()) {
                backend().elementwise().unary(function, x, x);
                assertArrayEquals(bench.read(y), bench.read(x), function + " in place");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void unaryBackward(UnaryFunction function) {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                checkUnaryBackward(
                        function, dtype, Arrangement.OFFSET, Shape.of(count), Workbench.numbers(count, 6, count));
            }
            for (Arrangement arrangement : Arrangement.values()) {
                checkUnaryBackward(
                        function, dtype, arrangement, Shape.of(3, 6, 18), Workbench.numbers(3 * 6 * 18, 4, 2));
            }
        }
    }

    private void checkUnaryBackward(
            UnaryFunction function, DType dtype, Arrangement arrangement, Shape shape, double[] numbers) {
        boolean positive = function == UnaryFunction.LOG || function == UnaryFunction.SQRT;
        double[] inputs = Arrays.stream(numbers)
                .map(v -> positive ? Math.abs(v) + 0.125 : v)
                .toArray();
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, arrangement, shape, inputs);
            View y = bench.view(
                    dtype,
                    shape,
                    Arrays.stream(bench.read(x))
                            .map(v -> Expected.value(function, v))
                            .toArray());
            double[] upstream = Workbench.numbers(inputs.length, 1, 3);
            View dy = bench.view(dtype, arrangement, shape, upstream);
            View dx = bench.blank(dtype, shape);
            backend().elementwise().unaryBackward(function, x, y, dy, dx);
            double[] given = bench.read(x);
            double[] expected = new double[given.length];
            Arrays.setAll(expected, i -> upstream[i] * Expected.derivative(function, given[i]));
            double distance = dtype == DType.F32 ? 2.5e-7 : 2e-15;
            assertClose(
                    dtype,
                    dtype == DType.F32 ? 8 : 16,
                    distance,
                    expected,
                    bench.read(dx),
                    function + " backward " + dtype);
        }
    }

    @Test
    void gradientsAreNothingInKinksAndFarOut() {
        double[] far = {0.0, -0.0, Double.NEGATIVE_INFINITY, -1e30f, -1000};
        for (DType dtype : TYPES) {
            for (UnaryFunction function : new UnaryFunction[] {
                UnaryFunction.RELU, UnaryFunction.GELU, UnaryFunction.GELU_TANH, UnaryFunction.SILU
            }) {
                try (Workbench bench = new Workbench(backend())) {
                    View x = bench.view(dtype, Shape.of(far.length), far);
                    View y = bench.blank(dtype, x.shape());
                    backend().elementwise().unary(function, x, y);
                    View dx = bench.blank(dtype, x.shape());
                    backend()
                            .elementwise()
                            .unaryBackward(function, x, y, bench.view(dtype, x.shape(), 1, 1, 1, 1, 1), dx);
                    double atZero = function == UnaryFunction.RELU ? 0 : 0.5;
                    assertArrayEquals(
                            new double[] {atZero, atZero, 0, 0, 0}, bench.read(dx), 1e-7, function + " " + dtype);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void binary(BinaryFunction function) {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                double[] a = Workbench.numbers(count, 4, count);
                double[] b = Workbench.numbers(count, 4, count + 1);
                checkBinary(function, dtype, Arrangement.OFFSET, Arrangement.CONTIGUOUS, Shape.of(count), a, b);
            }
            for (Arrangement left : Arrangement.values()) {
                for (Arrangement right : Arrangement.values()) {
                    double[] a = Workbench.numbers(4 * 6 * 17, 4, 1);
                    double[] b = Workbench.numbers(4 * 6 * 17, 4, 2);
                    checkBinary(function, dtype, left, right, Shape.of(4, 6, 17), a, b);
                }
            }
            int n = SPECIALS.length;
            double[] a =
                    IntStream.range(0, n * n).mapToDouble(i -> SPECIALS[i / n]).toArray();
            double[] b =
                    IntStream.range(0, n * n).mapToDouble(i -> SPECIALS[i % n]).toArray();
            checkBinary(function, dtype, Arrangement.CONTIGUOUS, Arrangement.CONTIGUOUS, Shape.of(n * n), a, b);
        }
    }

    private void checkBinary(
            BinaryFunction function,
            DType dtype,
            Arrangement left,
            Arrangement right,
            Shape shape,
            double[] first,
            double[] second) {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.view(dtype, left, shape, first);
            View b = bench.view(dtype, right, shape, second);
            View y = bench.blank(dtype, shape);
            backend().elementwise().binary(function, a, b, y);
            double[] expected = new double[first.length];
            Arrays.setAll(expected, i -> Expected.value(function, first[i], second[i]));
            assertUlps(dtype, 0.5, expected, bench.read(y), function + " " + dtype + " " + left + " " + right);
        }
    }

    @Test
    void binaryBroadcasts() {
        Shape shape = Shape.of(5, 3, 33);
        Shape[] parts = {
            Shape.SCALAR, Shape.of(33), Shape.of(3, 1), Shape.of(5, 1, 33), Shape.of(5, 1, 1), Shape.of(1, 3, 33)
        };
        double[] whole = Workbench.numbers(shape.elements(), 4, 1);
        for (Shape part : parts) {
            try (Workbench bench = new Workbench(backend())) {
                View a = bench.view(DType.F32, shape, whole);
                View b = Workbench.broadcast(
                        bench.view(DType.F32, part, Workbench.numbers(part.elements(), 4, 2)), shape);
                View y = bench.blank(DType.F32, shape);
                backend().elementwise().binary(BinaryFunction.SUBTRACT, a, b, y);
                double[] right = bench.read(b);
                double[] expected = new double[whole.length];
                Arrays.setAll(expected, i -> whole[i] - right[i]);
                assertUlps(DType.F32, 0.5, expected, bench.read(y), "subtract " + part);
                backend().elementwise().binary(BinaryFunction.SUBTRACT, a, b, a);
                assertArrayEquals(bench.read(y), bench.read(a), "in place " + part);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void compare(Comparison comparison) {
        int n = SPECIALS.length;
        double[] left =
                IntStream.range(0, n * n).mapToDouble(i -> SPECIALS[i / n]).toArray();
        double[] right =
                IntStream.range(0, n * n).mapToDouble(i -> SPECIALS[i % n]).toArray();
        for (DType dtype : TYPES) {
            try (Workbench bench = new Workbench(backend())) {
                View a = bench.view(dtype, Arrangement.OFFSET, Shape.of(n, n), left);
                View b = bench.view(dtype, Arrangement.TRANSPOSED, Shape.of(n, n), right);
                View y = bench.blank(DType.BOOL, Shape.of(n, n));
                backend().elementwise().compare(comparison, a, b, y);
                double[] expected = IntStream.range(0, n * n)
                        .mapToDouble(i -> Expected.holds(comparison, left[i], right[i]) ? 1 : 0)
                        .toArray();
                assertArrayEquals(expected, bench.read(y), comparison + " " + dtype);
            }
        }
    }

    @Test
    void select() {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                for (Arrangement arrangement : Arrangement.values()) {
                    checkSelect(dtype, arrangement, Shape.of(3, count));
                }
            }
        }
    }

    private void checkSelect(DType dtype, Arrangement arrangement, Shape shape) {
        double[] chosen = Arrays.stream(Workbench.numbers(shape.elements(), 1, 1))
                .map(v -> v > 0 ? 1 : 0)
                .toArray();
        double[] first = Workbench.numbers(shape.elements(), 1, 2);
        double[] second = Workbench.numbers(3, 1, 3);
        try (Workbench bench = new Workbench(backend())) {
            View condition = bench.view(DType.BOOL, arrangement, shape, chosen);
            View a = bench.view(dtype, arrangement, shape, first);
            View b = Workbench.broadcast(bench.view(dtype, Shape.of(3, 1), second), shape);
            View y = bench.blank(dtype, shape);
            backend().elementwise().select(condition, a, b, y);
            double[] expected = new double[first.length];
            Arrays.setAll(expected, i -> chosen[i] != 0 ? first[i] : second[i / shape.size(1)]);
            assertArrayEquals(expected, bench.read(y), "select " + dtype + " " + arrangement + " " + shape);
        }
    }

    @Test
    void affineAccumulateAndClamp() {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                for (Arrangement arrangement : Arrangement.values()) {
                    checkLinear(dtype, arrangement, Shape.of(2, count));
                }
            }
        }
    }

    private void checkLinear(DType dtype, Arrangement arrangement, Shape shape) {
        double[] numbers = Workbench.numbers(shape.elements(), 4, 1);
        double[] sums = Workbench.numbers(shape.elements(), 4, 2);
        String what = dtype + " " + arrangement + " " + shape;
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, arrangement, shape, numbers);
            View y = bench.blank(dtype, shape);
            backend().elementwise().affine(x, 0.75, -1.3125, y);
            double[] shifted =
                    Arrays.stream(numbers).map(v -> 0.75 * v - 1.3125).toArray();
            assertUlps(dtype, 1, shifted, bench.read(y), "affine " + what);
            backend().elementwise().clamp(x, -0.5, 1.25, y);
            double[] clamped =
                    Arrays.stream(numbers).map(v -> Math.clamp(v, -0.5, 1.25)).toArray();
            assertUlps(dtype, 0, clamped, bench.read(y), "clamp " + what);
            bench.write(y, sums);
            backend().elementwise().accumulate(x, -2.5, y);
            double[] accumulated = new double[numbers.length];
            Arrays.setAll(accumulated, i -> sums[i] - 2.5 * numbers[i]);
            assertUlps(dtype, 1, accumulated, bench.read(y), "accumulate " + what);
        }
    }

    @Test
    void clampKeepsNaN() {
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(SPECIALS.length), SPECIALS);
            backend().elementwise().clamp(x, -1, Double.POSITIVE_INFINITY, x);
            double[] expected = Arrays.stream(SPECIALS)
                    .map(v -> Double.isNaN(v) ? v : Math.max(v, -1))
                    .toArray();
            assertUlps(DType.F32, 0, expected, bench.read(x), "clamp");
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.view(DType.F32, Shape.of(2, 3), new double[6]);
            View b = bench.view(DType.F32, Shape.of(3, 2), new double[6]);
            View wide = bench.view(DType.F64, Shape.of(2, 3), new double[6]);
            View gaps = a.with(Layout.contiguous(Shape.of(3, 2)).transpose(0, 1));
            refuses("[3, 2] and [2, 3]", () -> backend().elementwise().binary(BinaryFunction.ADD, a, b, a));
            refuses("F64 and F32", () -> backend().elementwise().binary(BinaryFunction.ADD, a, a, wide));
            refuses("contiguous", () -> backend().elementwise().affine(a, 1, 0, gaps));
            refuses("BOOL", () -> backend().elementwise().compare(Comparison.EQUAL, a, a, a));
        }
    }

    private static void refuses(String words, Executable call) {
        String message = assertThrows(ShapeException.class, call).getMessage();
        assertTrue(message.contains(words), message);
    }
}
