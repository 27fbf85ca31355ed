package dev.gatun.backend.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.EnumSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link dev.gatun.backend.MatrixOps} must do. */
public abstract class MatrixConformanceTest {
    /** Rows, inner size and columns. */
    private static final int[][] SIZES = {
        {1, 1, 1}, {1, 7, 1}, {3, 0, 2}, {0, 4, 3}, {3, 4, 0}, {5, 17, 31}, {16, 16, 16}, {33, 65, 15}, {64, 3, 129}
    };

    /** Rows of c may lie apart, but its last axis has stride 1. */
    private static final Arrangement[] OF_RESULTS = {Arrangement.CONTIGUOUS, Arrangement.OFFSET, Arrangement.SLICED};

    /** The backend under test. */
    protected abstract Backend backend();

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void productsOfAnyStrides(DType dtype) {
        int turn = 0;
        for (int[] size : SIZES) {
            for (Arrangement left : Arrangement.values()) {
                for (Arrangement right : Arrangement.values()) {
                    Arrangement result = OF_RESULTS[turn % OF_RESULTS.length];
                    DType sums = turn / 4 % 3 == 0 ? dtype.sumType() : dtype;
                    check(dtype, sums, size, left, right, result, turn % 2 == 0, turn / 2 % 2 == 0);
                    turn++;
                }
            }
        }
    }

    private void check(
            DType factors,
            DType dtype,
            int[] size,
            Arrangement left,
            Arrangement right,
            Arrangement result,
            boolean biased,
            boolean accumulate) {
        int m = size[0];
        int k = size[1];
        int n = size[2];
        double[] a = numbers(factors, (long) m * k, 1);
        double[] b = numbers(factors, (long) k * n, 2);
        double[] bias = numbers(dtype, n, 3);
        double[] before = numbers(dtype, (long) m * n, 4);
        double[] expected = new double[m * n];
        for (int i = 0; i < expected.length; i++) {
            double sum = (biased ? bias[i % n] : 0) + (accumulate ? before[i] : 0);
            for (int p = 0; p < k; p++) {
                sum += a[i / n * k + p] * b[p * n + i % n];
            }
            expected[i] = sum;
        }
        try (Workbench bench = new Workbench(backend())) {
            View c = bench.view(dtype, result, Shape.of(m, n), before);
            View added = biased ? bench.view(dtype, Shape.of(n), bias) : null;
            backend()
                    .matrix()
                    .matmul(
                            bench.view(factors, left, Shape.of(m, k), a),
                            bench.view(factors, right, Shape.of(k, n), b),
                            new Epilogue(added, accumulate ? c : null, null, null),
                            c);
            String what = factors + " as " + dtype + " " + Arrays.toString(size) + " " + left + " × " + right + " to "
                    + result;
            assertSums(dtype, k, expected, bench.read(c), what);
        }
    }

    private static double[] numbers(DType dtype, long count, long seed) {
        return Workbench.rounded(dtype, Workbench.numbers(count, 1, seed));
    }

    /** Sums of k terms below 1 in F32, or F64; results of BF16 and F16 are those rounded once. */
    private static void assertSums(DType dtype, int k, double[] expected, double[] actual, String what) {
        double distance = (k + 3) * Tolerance.ulp(dtype.sumType(), 1);
        if (dtype == dtype.sumType()) {
            Tolerance.assertClose(dtype, 1, distance, expected, actual, what);
        } else {
            Tolerance.assertRounded(dtype, distance, expected, actual, what);
        }
    }

    /** Heads are batches that lie within rows; a repeated operand has a batch stride of 0. */
    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void batchesOfAnyStrides(DType dtype) {
        int batch = 3;
        int heads = 4;
        int m = 5;
        int k = 8;
        int n = 7;
        Shape result = Shape.of(batch, heads, m, n);
        double[] a = numbers(dtype, (long) batch * m * heads * k, 1);
        double[] b = numbers(dtype, (long) heads * k * n, 2);
        double[] expected = new double[batch * heads * m * n];
        for (int i = 0; i < expected.length; i++) {
            int head = i / (m * n) % heads;
            int row = (i / (heads * m * n) * m + i / n % m) * heads + head;
            for (int p = 0; p < k; p++) {
                expected[i] += a[row * k + p] * b[(head * k + p) * n + i % n];
            }
        }
        try (Workbench bench = new Workbench(backend())) {
            View rows = bench.view(dtype, Shape.of(batch, m, heads, k), a);
            View left = rows.with(rows.layout().permute(0, 2, 1, 3));
            View right =
                    Workbench.broadcast(bench.view(dtype, Shape.of(1, heads, k, n), b), Shape.of(batch, heads, k, n));
            for (DType sums : EnumSet.of(dtype, dtype.sumType())) {
                View c = bench.blank(sums, result);
                backend().matrix().matmul(left, right, Epilogue.NONE, c);
                assertSums(sums, k, expected, bench.read(c), "heads as " + sums);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void anEmptySumIsTheBias(DType dtype) {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.blank(dtype, Shape.of(2, 3, 0));
            View b = bench.blank(dtype, Shape.of(2, 0, 2));
            View c = bench.blank(dtype, Shape.of(2, 3, 2));
            backend().matrix().matmul(a, b, Epilogue.NONE, c);
            assertArrayEquals(new double[12], bench.read(c));
            backend().matrix().matmul(a, b, Epilogue.bias(bench.view(dtype, Shape.of(2), 5, 6)), c);
            assertArrayEquals(new double[] {5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6}, bench.read(c));
        }
    }

    /** What c held is not read, NaN in one row or column stays there, and 0 · ∞ is NaN. */
    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void specialNumbersStayInTheirRowsAndColumns(DType dtype) {
        double nan = Double.NaN;
        double inf = Double.POSITIVE_INFINITY;
        int n = 40;
        double[] a = numbers(dtype, (long) n * n, 1);
        double[] b = numbers(dtype, (long) n * n, 2);
        a[3 * n + 1] = nan;
        b[2 * n + 5] = inf;
        a[7 * n + 2] = 0;
        try (Workbench bench = new Workbench(backend())) {
            double[] stale = new double[n * n];
            Arrays.fill(stale, nan);
            View c = bench.view(dtype, Shape.of(n, n), stale);
            View left = bench.view(dtype, Shape.of(n, n), a);
            backend().matrix().matmul(left, bench.view(dtype, Shape.of(n, n), b), Epilogue.NONE, c);
            double[] got = bench.read(c);
            for (int i = 0; i < n * n; i++) {
                boolean isNaN = i / n == 3 || i == 7 * n + 5;
                boolean isInfinite = !isNaN && i % n == 5;
                assertTrue(Double.isNaN(got[i]) == isNaN && Double.isInfinite(got[i]) == isInfinite, "element " + i);
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void theSameProductGivesTheSameBits(DType dtype) {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.view(dtype, Shape.of(150, 200), numbers(dtype, 30_000, 1));
            View b = bench.view(dtype, Shape.of(200, 130), numbers(dtype, 26_000, 2));
            View c = bench.blank(dtype, Layout.contiguous(Shape.of(150, 130)));
            backend().matrix().matmul(a, b, Epilogue.NONE, c);
            double[] once = bench.read(c);
            for (int i = 0; i < 10; i++) {
                backend().matrix().matmul(a, b, Epilogue.NONE, c);
                assertArrayEquals(once, bench.read(c));
            }
        }
    }

    /** In BF16 a sum of ones would stand still at 256, in F16 at 2048, and past 65504 be infinite. */
    @Test
    void halfTypesAreSummedInF32AndRoundedOnce() {
        double[] ones = new double[5000];
        Arrays.fill(ones, 1);
        assertProduct(DType.BF16, 4992, ones, ones);
        assertProduct(DType.F16, 5000, ones, ones);
        assertProduct(DType.F16, 60000, new double[] {60000, 60000, -60000}, new double[] {1, 1, 1});
        assertProduct(DType.F16, Double.POSITIVE_INFINITY, new double[] {60000, 5520}, new double[] {1, 1});
        assertProduct(DType.F16, 65504, new double[] {60000, 5504, 8}, new double[] {1, 1, 1});
        assertProduct(DType.BF16, 1, new double[] {1, 0x1p-8}, new double[] {1, 1});
        assertProduct(DType.BF16, 1 + 0x1p-6, new double[] {1, 0x1p-8}, new double[] {1, 3});
        assertProduct(DType.F16, 1, new double[] {1, 0x1p-11}, new double[] {1, 1});
        assertProduct(DType.F16, 1 + 0x1p-9, new double[] {1, 0x1p-11}, new double[] {1, 3});
        assertProduct(DType.F16, 0x1p-24, new double[] {0x1p-12}, new double[] {0x1p-12});
    }

    private void assertProduct(DType dtype, double expected, double[] a, double[] b) {
        try (Workbench bench = new Workbench(backend())) {
            View c = bench.blank(dtype, Shape.of(1, 1));
            View left = bench.view(dtype, Shape.of(1, a.length), a);
            backend().matrix().matmul(left, bench.view(dtype, Shape.of(b.length, 1), b), Epilogue.NONE, c);
            assertArrayEquals(new double[] {expected}, bench.read(c), dtype + " of " + a.length + " terms");
        }
    }

    /** Rounded one after the other, bias and product would each be lost in a tie. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void biasAndWhatWasThereAreAddedBeforeRounding(DType dtype) {
        double unit = Tolerance.ulp(dtype, 1);
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.view(dtype, Shape.of(1, 1), unit / 4);
            View b = bench.view(dtype, Shape.of(1, 1), 1);
            View bias = bench.view(dtype, Shape.of(1), unit / 2);
            View c = bench.view(dtype, Shape.of(1, 1), 1);
            backend().matrix().matmul(a, b, new Epilogue(bias, c, null, null), c);
            assertArrayEquals(new double[] {1 + unit}, bench.read(c));
            View one = bench.view(dtype, Shape.of(1), 1);
            View term = bench.view(dtype, Shape.of(1, 1), unit / 2 + unit / 4);
            backend().matrix().matmul(term, b, Epilogue.bias(one), c);
            assertArrayEquals(new double[] {1 + unit}, bench.read(c));
        }
    }

    @Test
    void typesThatDoNotGoTogetherAreRefused() {
        assertRefused("BF16 × F16 → F16", DType.BF16, DType.F16, null, DType.F16);
        assertRefused("BF16 × BF16 → F16", DType.BF16, DType.BF16, null, DType.F16);
        assertRefused("F16 × F16 → F64", DType.F16, DType.F16, null, DType.F64);
        assertRefused("BF16 × BF16 + F32 → BF16", DType.BF16, DType.BF16, DType.F32, DType.BF16);
        assertRefused("F32 × F32 → BF16", DType.F32, DType.F32, null, DType.BF16);
        assertRefused("I32 × I32 → I32", DType.I32, DType.I32, null, DType.I32);
    }

    private void assertRefused(String types, DType a, DType b, @Nullable DType bias, DType c) {
        Shape one = Shape.of(1, 1);
        try (Workbench bench = new Workbench(backend())) {
            View added = bias == null ? null : bench.view(bias, Shape.of(1), 1);
            View left = bench.view(a, one, 1);
            View right = bench.view(b, one, 1);
            View target = bench.view(c, one, 1);
            var refusal = assertThrows(
                    IllegalArgumentException.class,
                    () -> backend().matrix().matmul(left, right, Epilogue.bias(added), target));
            assertEquals("matmul: element types do not go together: " + types, refusal.getMessage());
        }
    }
}
