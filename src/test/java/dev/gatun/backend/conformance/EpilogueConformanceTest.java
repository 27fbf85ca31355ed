package dev.gatun.backend.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.Backend;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's products must make of an {@link Epilogue}. */
public abstract class EpilogueConformanceTest {
    /** Rows, inner size and columns: rows of a multiple of eight elements and others, of one row, of none to sum. */
    private static final int[][] SIZES = {{5, 17, 31}, {33, 9, 16}, {1, 5, 8}, {4, 0, 6}};

    /** Where an addend may come from. */
    private enum Addend {
        NONE,
        RESULT,
        CONTIGUOUS,
        SLICED,
        TRANSPOSED
    }

    /** The backend under test. */
    protected abstract Backend backend();

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void everyActivationAndAddendWithAndWithoutBias(DType dtype) {
        for (int[] size : SIZES) {
            for (Addend addend : Addend.values()) {
                for (boolean biased : new boolean[] {false, true}) {
                    check(dtype, size, addend, biased, null, false);
                    for (UnaryFunction activation : UnaryFunction.values()) {
                        check(dtype, size, addend, biased, activation, false);
                        check(dtype, size, addend, biased, activation, true);
                    }
                }
            }
        }
    }

    /** Sums lie around 1.2, in reach of every function. */
    private void check(
            DType dtype, int[] size, Addend addend, boolean biased, @Nullable UnaryFunction activation, boolean keeps) {
        int n = size[2];
        Shape shape = Shape.of(size[0], n);
        double[] a = moved(dtype, Workbench.numbers((long) size[0] * size[1], 0.1, 1), 0);
        double[] b = moved(dtype, Workbench.numbers((long) size[1] * n, 0.2, 2), 0);
        double[] bias = moved(dtype, Workbench.numbers(n, 0.2, 3), biased ? 0.5 : 0);
        double[] before = moved(dtype, Workbench.numbers(shape.elements(), 0.2, 4), biased ? 0.7 : 1.2);
        double[] sums = new double[before.length];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = (biased ? bias[i % n] : 0) + (addend == Addend.NONE ? 0 : before[i]);
            for (int p = 0; p < size[1]; p++) {
                sums[i] += a[i / n * size[1] + p] * b[p * n + i % n];
            }
        }
        double[] expected = activation == null ? sums : map(sums, i -> Expected.value(activation, sums[i]));
        boolean undefined = activation == UnaryFunction.LOG
                || activation == UnaryFunction.SQRT
                || activation == UnaryFunction.RECIPROCAL;
        if (undefined && addend == Addend.NONE) {
            return;
        }
        try (Workbench bench = new Workbench(backend())) {
            View c = bench.view(dtype, shape, before);
            View argument = keeps ? bench.blank(dtype, shape) : null;
            View added = switch (addend) {
                case NONE -> null;
                case RESULT -> c;
                case CONTIGUOUS -> bench.view(dtype, shape, before);
                case SLICED -> bench.view(dtype, Arrangement.SLICED, shape, before);
                case TRANSPOSED -> bench.view(dtype, Arrangement.TRANSPOSED, shape, before);
            };
            View row = biased ? bench.view(dtype, Shape.of(n), bias) : null;
            View left = bench.view(dtype, Shape.of(size[0], size[1]), a);
            View right = bench.view(dtype, Arrangement.TRANSPOSED, Shape.of(size[1], n), b);
            backend().matrix().matmul(left, right, new Epilogue(row, added, activation, argument), c);
            String what = dtype + " " + shape + " addend " + addend + (biased ? " bias " : " ") + activation;
            assertSums(dtype, size[1], expected, bench.read(c), what);
            if (argument != null) {
                assertSums(dtype, size[1], sums, bench.read(argument), what + ", argument");
            }
        }
    }

    private static double[] moved(DType dtype, double[] numbers, double by) {
        return Workbench.rounded(dtype, map(numbers, i -> (float) (numbers[i] + by)));
    }

    /** Sums of k terms and functions of them; those of BF16 and F16 are of F32, rounded once. */
    private static void assertSums(DType dtype, int k, double[] expected, double[] actual, String what) {
        double distance = 4 * (k + 4) * Tolerance.ulp(dtype.sumType(), 1);
        if (dtype == dtype.sumType()) {
            Tolerance.assertClose(dtype, 4, distance, expected, actual, what);
        } else {
            Tolerance.assertRounded(dtype, 4 * distance, expected, actual, what);
        }
    }

    private static double[] map(double[] numbers, IntToDoubleFunction function) {
        double[] mapped = new double[numbers.length];
        Arrays.setAll(mapped, function);
        return mapped;
    }

    /** Leading axes, of which some become rows and some do not. */
    @ParameterizedTest
    @EnumSource(names = {"RELU", "GELU_TANH", "TANH"})
    void batches(UnaryFunction activation) {
        Shape shape = Shape.of(3, 4, 8);
        double[] a = Workbench.numbers(3 * 4 * 5, 1, 1);
        double[] b = Workbench.numbers(3 * 5 * 8, 1, 2);
        double[] before = Workbench.numbers(shape.elements(), 1, 3);
        for (boolean repeated : new boolean[] {false, true}) {
            double[] expected = map(before, i -> {
                double sum = before[i];
                for (int p = 0; p < 5; p++) {
                    sum += a[i / 8 * 5 + p] * b[((repeated ? 0 : i / 32) * 5 + p) * 8 + i % 8];
                }
                return Expected.value(activation, sum);
            });
            try (Workbench bench = new Workbench(backend())) {
                View left = bench.view(DType.F32, Shape.of(3, 4, 5), a);
                View right = bench.view(DType.F32, Shape.of(3, 5, 8), b);
                View first = right.with(Layout.strided(Shape.of(3, 5, 8), new long[] {0, 8, 1}, 0));
                for (Arrangement arrangement :
                        new Arrangement[] {Arrangement.CONTIGUOUS, Arrangement.SLICED, Arrangement.TRANSPOSED}) {
                    View addend = bench.view(DType.F32, arrangement, shape, before);
                    View c = bench.blank(DType.F32, shape);
                    Epilogue epilogue = new Epilogue(null, addend, activation, null);
                    backend().matrix().matmul(left, repeated ? first : right, epilogue, c);
                    String what = arrangement + (repeated ? " repeated" : "");
                    Tolerance.assertClose(DType.F32, 4, 4e-6, expected, bench.read(c), what);
                }
            }
        }
    }

    /** What a function needs for its gradient, argument or result, may be given for both. */
    @ParameterizedTest
    @EnumSource
    void gradientsFollowFromWhatIsNeeded(UnaryFunction function) {
        double[] x = moved(DType.F32, Workbench.numbers(77, 0.9, 1), 1);
        double[] dy = Workbench.numbers(77, 1, 2);
        try (Workbench bench = new Workbench(backend())) {
            Shape shape = Shape.of(7, 11);
            View argument = bench.view(DType.F32, shape, x);
            View result = bench.blank(DType.F32, shape);
            View upstream = bench.view(DType.F32, shape, dy);
            View both = bench.blank(DType.F32, shape);
            View one = bench.blank(DType.F32, shape);
            backend().elementwise().unary(function, argument, result);
            backend().elementwise().unaryBackward(function, argument, result, upstream, both);
            View needed = function.needsArgument() ? argument : result;
            backend().elementwise().unaryBackward(function, needed, needed, upstream, one);
            assertArrayEquals(bench.read(both), bench.read(one));
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.blank(DType.F32, Shape.of(2, 3));
            View b = bench.blank(DType.F32, Shape.of(3, 4));
            View c = bench.blank(DType.F32, Shape.of(2, 4));
            View apart = bench.blank(DType.F32, Layout.strided(Shape.of(2, 4), new long[] {5, 1}, 0));
            refused(
                    "matmul: the addend must be F32 [2, 4], was given F32 [2, 3]",
                    a,
                    b,
                    new Epilogue(null, a, null, null),
                    c);
            refused("matmul: the bias must be [4], was given [2, 4]", a, b, new Epilogue(apart, null, null, null), c);
            refused(
                    "matmul: with an activation the result is contiguous, was given [2, 4] strides [5, 1] offset 0",
                    a,
                    b,
                    new Epilogue(null, null, UnaryFunction.RELU, null),
                    apart);
            refused(
                    "matmul: an argument is contiguous and belongs to an activation, was given [2, 4] strides [5, 1]"
                            + " offset 0",
                    a,
                    b,
                    new Epilogue(null, null, UnaryFunction.RELU, apart),
                    c);
        }
    }

    private void refused(String message, View a, View b, Epilogue epilogue, View c) {
        var wrong = assertThrows(ShapeException.class, () -> backend().matrix().matmul(a, b, epilogue, c));
        assertEquals(message, wrong.getMessage());
    }
}
