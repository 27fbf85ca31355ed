package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** What softmax and log-softmax of every backend's {@link dev.gatun.backend.ReductionOps} must do. */
public abstract class SoftmaxConformanceTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final DType[] TYPES = {DType.F32, DType.F64};
    private static final int[] COUNTS = {0, 1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 63, 65, 127, 1021, 1025};

    /** The backend under test. */
    protected abstract Backend backend();

    private static double ulps(DType dtype) {
        return dtype == DType.F32 ? 6 : 60;
    }

    @Test
    void softmaxAndLogSoftmax() {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                for (Arrangement arrangement : Arrangement.values()) {
                    check(dtype, arrangement, Shape.of(2, 3, count), Workbench.numbers(6L * count, 8, count));
                }
            }
        }
    }

    @Test
    void rowsFarFromZeroAndWide() {
        double[] far = Arrays.stream(Workbench.numbers(3 * 50, 20, 1))
                .map(v -> (float) (v - 3000))
                .toArray();
        check(DType.F32, Arrangement.CONTIGUOUS, Shape.of(3, 50), far);
        check(DType.F32, Arrangement.CONTIGUOUS, Shape.of(2, 4), 3e38, 1, 0, -3e38, -3e38, -3e38, -3e38, -3e38);
        check(DType.F32, Arrangement.CONTIGUOUS, Shape.of(2, 40_000), Workbench.numbers(80_000, 9, 2));
    }

    private void check(DType dtype, Arrangement arrangement, Shape shape, double... numbers) {
        String what = dtype + " " + arrangement + " " + shape;
        double[] given = Arrays.stream(numbers)
                .map(v -> dtype == DType.F32 ? (float) v : v)
                .toArray();
        double[] logs = logSoftmax(given, shape.size(-1));
        double[] shares = Arrays.stream(logs).map(Math::exp).toArray();
        double relative = dtype == DType.F32 ? 1e-38 : 1e-300;
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, arrangement, shape, given);
            View y = bench.blank(dtype, shape);
            backend().reduction().softmax(x, y);
            assertClose(
                    dtype, ulps(dtype) + farthest(given, dtype), relative, shares, bench.read(y), "softmax " + what);
            View log = bench.blank(dtype, shape);
            backend().reduction().logSoftmax(x, log);
            assertClose(dtype, 2, dtype == DType.F32 ? 5e-7 : 1e-14, logs, bench.read(log), "logSoftmax " + what);
            checkInPlace(bench, x, y, log);
        }
    }

    /** How many ulp an exponential may be off because its argument, a difference, has been rounded: in F32 here, in F64 by the oracle. */
    private static double farthest(double[] given, DType dtype) {
        double farthest = Arrays.stream(given).map(Math::abs).max().orElse(0);
        return dtype == DType.F32 ? Math.min(2 * farthest, 104) : farthest;
    }

    private void checkInPlace(Workbench bench, View x, View y, View log) {
        if (x.isContiguous()) {
            View copy = bench.view(x.dtype(), x.shape(), bench.read(x));
            backend().reduction().softmax(x, x);
            assertArrayEquals(bench.read(y), bench.read(x), "softmax in place");
            backend().reduction().logSoftmax(copy, copy);
            assertArrayEquals(bench.read(log), bench.read(copy), "logSoftmax in place");
        }
    }

    private static double[] logSoftmax(double[] numbers, int n) {
        double[] logs = new double[numbers.length];
        for (int row = 0; row < numbers.length; row += n) {
            double largest = Arrays.stream(numbers, row, row + n).max().orElseThrow();
            double sum = Arrays.stream(numbers, row, row + n)
                    .map(v -> Math.exp(v - largest))
                    .sum();
            for (int i = row; i < row + n; i++) {
                logs[i] = numbers[i] - largest - Math.log(sum);
            }
        }
        return logs;
    }

    @Test
    void backward() {
        for (DType dtype : TYPES) {
            for (int count : COUNTS) {
                for (Arrangement arrangement : Arrangement.values()) {
                    checkBackward(dtype, arrangement, Shape.of(2, 3, count));
                }
            }
        }
    }

    private void checkBackward(DType dtype, Arrangement arrangement, Shape shape) {
        int n = shape.size(-1);
        double[] logs = Arrays.stream(logSoftmax(Workbench.numbers(shape.elements(), 2, 1), n))
                .map(v -> (float) v)
                .toArray();
        double[] shares = Arrays.stream(logs).map(v -> (float) Math.exp(v)).toArray();
        double[] upstream = Workbench.numbers(shape.elements(), 1, 2);
        double[] ofShares = new double[logs.length];
        double[] ofLogs = new double[logs.length];
        for (int row = 0; row < logs.length; row += n) {
            double sum = 0;
            double dot = 0;
            for (int i = row; i < row + n; i++) {
                sum += upstream[i];
                dot += upstream[i] * shares[i];
            }
            for (int i = row; i < row + n; i++) {
                ofShares[i] = shares[i] * (upstream[i] - dot);
                ofLogs[i] = upstream[i] - Math.exp(logs[i]) * sum;
            }
        }
        double distance = dtype == DType.F32 ? 2e-7 : 1e-15;
        try (Workbench bench = new Workbench(backend())) {
            View dy = bench.view(dtype, arrangement, shape, upstream);
            View dx = bench.blank(dtype, shape);
            backend().reduction().softmaxBackward(bench.view(dtype, arrangement, shape, shares), dy, dx);
            assertClose(dtype, 4, distance, ofShares, bench.read(dx), "softmax backward " + dtype + " " + shape);
            backend().reduction().logSoftmaxBackward(bench.view(dtype, arrangement, shape, logs), dy, dx);
            assertClose(dtype, 4, distance, ofLogs, bench.read(dx), "logSoftmax backward " + dtype + " " + shape);
        }
    }

    @Test
    void rowsWithInfinitiesAndNaN() {
        for (DType dtype : TYPES) {
            for (int n : new int[] {1, 2, 15, 16, 17, 33}) {
                double[] none = new double[n];
                Arrays.fill(none, -INFINITY);
                assertArrayEquals(new double[n], softmaxOf(dtype, none), "a row of −∞");
                none[n - 1] = 7;
                double[] one = new double[n];
                one[n - 1] = 1;
                assertArrayEquals(one, softmaxOf(dtype, none), "all −∞ but one");
                none[n - 1] = Double.NaN;
                assertTrue(Arrays.stream(softmaxOf(dtype, none)).allMatch(Double::isNaN), "NaN spreads over its row");
                none[n - 1] = INFINITY;
                assertTrue(Arrays.stream(softmaxOf(dtype, none)).allMatch(Double::isNaN), "∞ has no share");
            }
        }
    }

    private double[] softmaxOf(DType dtype, double... row) {
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, Shape.of(row.length), row);
            backend().reduction().softmax(x, x);
            return bench.read(x);
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.blank(DType.F32, Shape.of(2, 3));
            View other = bench.blank(DType.F32, Shape.of(3, 2));
            View scalar = bench.blank(DType.F32, Shape.SCALAR);
            assertThrows(ShapeException.class, () -> backend().reduction().softmax(x, other));
            assertThrows(ShapeException.class, () -> backend().reduction().softmax(scalar, scalar));
            assertThrows(ShapeException.class, () -> backend().reduction().softmaxBackward(x, other, x));
        }
    }
}
