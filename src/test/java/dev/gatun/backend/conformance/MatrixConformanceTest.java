package dev.gatun.backend.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.Arrays;
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
    @EnumSource(names = {"F32", "F64"})
    void productsOfAnyStrides(DType dtype) {
        int turn = 0;
        for (int[] size : SIZES) {
            for (Arrangement left : Arrangement.values()) {
                for (Arrangement right : Arrangement.values()) {
                    Arrangement result = OF_RESULTS[turn % OF_RESULTS.length];
                    check(dtype, size, left, right, result, turn % 2 == 0, turn / 2 % 2 == 0);
                    turn++;
                }
            }
        }
    }

    private void check(
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
        double[] a = Workbench.numbers((long) m * k, 1, 1);
        double[] b = Workbench.numbers((long) k * n, 1, 2);
        double[] bias = Workbench.numbers(n, 1, 3);
        double[] before = Workbench.numbers((long) m * n, 1, 4);
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
                            bench.view(dtype, left, Shape.of(m, k), a),
                            bench.view(dtype, right, Shape.of(k, n), b),
                            added,
                            accumulate,
                            c);
            String what = dtype + " " + Arrays.toString(size) + " " + left + " × " + right + " to " + result;
            double distance = (k + 3) * Tolerance.ulp(dtype, 1);
            Tolerance.assertClose(dtype, 1, distance, expected, bench.read(c), what);
        }
    }

    /** Heads are batches that lie within rows; a repeated operand has a batch stride of 0. */
    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void batchesOfAnyStrides(DType dtype) {
        int batch = 3;
        int heads = 4;
        int m = 5;
        int k = 8;
        int n = 7;
        Shape result = Shape.of(batch, heads, m, n);
        double[] a = Workbench.numbers((long) batch * m * heads * k, 1, 1);
        double[] b = Workbench.numbers((long) heads * k * n, 1, 2);
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
            View c = bench.blank(dtype, result);
            backend().matrix().matmul(left, right, null, false, c);
            Tolerance.assertClose(dtype, 1, (k + 3) * Tolerance.ulp(dtype, 1), expected, bench.read(c), "heads");
        }
    }

    @Test
    void anEmptySumIsTheBias() {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.blank(DType.F32, Shape.of(2, 3, 0));
            View b = bench.blank(DType.F32, Shape.of(2, 0, 2));
            View c = bench.blank(DType.F32, Shape.of(2, 3, 2));
            backend().matrix().matmul(a, b, null, false, c);
            assertArrayEquals(new double[12], bench.read(c));
            backend().matrix().matmul(a, b, bench.view(DType.F32, Shape.of(2), 5, 6), false, c);
            assertArrayEquals(new double[] {5, 6, 5, 6, 5, 6, 5, 6, 5, 6, 5, 6}, bench.read(c));
        }
    }

    /** What c held is not read, NaN in one row or column stays there, and 0 · ∞ is NaN. */
    @Test
    void specialNumbersStayInTheirRowsAndColumns() {
        double nan = Double.NaN;
        double inf = Double.POSITIVE_INFINITY;
        int n = 40;
        double[] a = Workbench.numbers((long) n * n, 1, 1);
        double[] b = Workbench.numbers((long) n * n, 1, 2);
        a[3 * n + 1] = nan;
        b[2 * n + 5] = inf;
        a[7 * n + 2] = 0;
        try (Workbench bench = new Workbench(backend())) {
            double[] stale = new double[n * n];
            Arrays.fill(stale, nan);
            View c = bench.view(DType.F32, Shape.of(n, n), stale);
            View left = bench.view(DType.F32, Shape.of(n, n), a);
            backend().matrix().matmul(left, bench.view(DType.F32, Shape.of(n, n), b), null, false, c);
            double[] got = bench.read(c);
            for (int i = 0; i < n * n; i++) {
                boolean isNaN = i / n == 3 || i == 7 * n + 5;
                boolean isInfinite = !isNaN && i % n == 5;
                assertTrue(Double.isNaN(got[i]) == isNaN && Double.isInfinite(got[i]) == isInfinite, "element " + i);
            }
        }
    }

    @Test
    void theSameProductGivesTheSameBits() {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.view(DType.F32, Shape.of(150, 200), Workbench.numbers(30_000, 1, 1));
            View b = bench.view(DType.F32, Shape.of(200, 130), Workbench.numbers(26_000, 1, 2));
            View c = bench.blank(DType.F32, Layout.contiguous(Shape.of(150, 130)));
            backend().matrix().matmul(a, b, null, false, c);
            double[] once = bench.read(c);
            for (int i = 0; i < 10; i++) {
                backend().matrix().matmul(a, b, null, false, c);
                assertArrayEquals(once, bench.read(c));
            }
        }
    }
}
