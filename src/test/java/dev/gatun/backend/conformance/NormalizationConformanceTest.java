package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every backend's {@link dev.gatun.backend.NormalizationOps} must do. */
public abstract class NormalizationConformanceTest {
    private static final DType[] TYPES = {DType.F32, DType.F64};
    private static final int[] FEATURES = {1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 33, 65, 127, 513};

    /** The backend under test. */
    protected abstract Backend backend();

    /** A layer normalisation in plain loops. */
    private static final class Plain {
        final int rows;
        final int n;
        final double[] x;
        final double[] weight;
        final double[] mean;
        final double[] rstd;
        final double[] normal;
        final double[] y;

        Plain(int rows, int n, double[] x, double[] weight, double[] bias, double epsilon) {
            this.rows = rows;
            this.n = n;
            this.x = x;
            this.weight = weight;
            this.mean = new double[rows];
            this.rstd = new double[rows];
            this.normal = new double[rows * n];
            this.y = new double[rows * n];
            for (int row = 0; row < rows; row++) {
                double average = Arrays.stream(x, row * n, row * n + n).sum() / n;
                double variance = Arrays.stream(x, row * n, row * n + n)
                                .map(v -> (v - average) * (v - average))
                                .sum()
                        / n;
                mean[row] = average;
                rstd[row] = 1 / Math.sqrt(variance + epsilon);
                for (int i = row * n; i < row * n + n; i++) {
                    normal[i] = (x[i] - average) * rstd[row];
                    y[i] = normal[i] * weight[i % n] + bias[i % n];
                }
            }
        }

        double[] dx(double[] dy) {
            double[] dx = new double[x.length];
            for (int row = 0; row < rows; row++) {
                double sum = 0;
                double dot = 0;
                for (int i = row * n; i < row * n + n; i++) {
                    sum += dy[i] * weight[i % n];
                    dot += dy[i] * weight[i % n] * normal[i];
                }
                for (int i = row * n; i < row * n + n; i++) {
                    dx[i] = rstd[row] * (dy[i] * weight[i % n] - sum / n - normal[i] * dot / n);
                }
            }
            return dx;
        }

        double[] dweight(double[] dy) {
            double[] dweight = new double[n];
            for (int i = 0; i < dy.length; i++) {
                dweight[i % n] += dy[i] * normal[i];
            }
            return dweight;
        }

        double[] dbias(double[] dy) {
            double[] dbias = new double[n];
            for (int i = 0; i < dy.length; i++) {
                dbias[i % n] += dy[i];
            }
            return dbias;
        }
    }

    @Test
    void layerNorm() {
        for (DType dtype : TYPES) {
            for (int n : FEATURES) {
                check(dtype, 5, n, true, true);
                check(dtype, 1, n, false, true);
                check(dtype, 2, n, true, false);
            }
            check(dtype, 3, 64, false, false);
            check(dtype, 0, 8, true, true);
        }
        check(DType.F32, 2_000, 129, true, true);
        check(DType.F32, 70_000, 3, true, true);
        check(DType.F32, 2_000, 1_030, true, true);
    }

    private void check(DType dtype, int rows, int n, boolean weighted, boolean biased) {
        double[] numbers = Arrays.stream(Workbench.numbers((long) rows * n, 2, n))
                .map(v -> (float) (v + 1))
                .toArray();
        double[] weight = weighted ? Workbench.numbers(n, 2, 2) : filled(n, 1);
        double[] bias = biased ? Workbench.numbers(n, 2, 3) : new double[n];
        double[] upstream = Workbench.numbers((long) rows * n, 1, 4);
        Plain plain = new Plain(rows, n, numbers, weight, bias, 1e-3);
        String what = dtype + " [" + rows + ", " + n + "]";
        boolean single = dtype == DType.F32;
        double distance = single ? 2e-6 : 1e-13;
        double sums = single ? 1e-6 * Math.sqrt(rows + 1.0) : 1e-13 * (rows + 1);
        try (Workbench bench = new Workbench(backend())) {
            Shape shape = Shape.of(rows, n);
            View x = bench.view(dtype, Arrangement.OFFSET, shape, numbers);
            @Nullable View w = weighted ? bench.view(dtype, Arrangement.OFFSET, Shape.of(n), weight) : null;
            @Nullable View b = biased ? bench.view(dtype, Shape.of(n), bias) : null;
            View y = bench.blank(dtype, shape);
            View mean = bench.blank(dtype, Shape.of(rows));
            View rstd = bench.blank(dtype, Shape.of(rows));
            backend().normalization().layerNorm(x, w, b, 1e-3, y, mean, rstd);
            assertClose(dtype, 2, single ? 1e-7 : 1e-15, plain.mean, bench.read(mean), "mean " + what);
            assertClose(dtype, single ? 2 : 50, 0, plain.rstd, bench.read(rstd), "rstd " + what);
            assertClose(dtype, 4, distance, plain.y, bench.read(y), "layerNorm " + what);
            View dy = bench.view(dtype, shape, upstream);
            View dx = bench.blank(dtype, shape);
            View dweight = bench.blank(dtype, Shape.of(n));
            View dbias = bench.blank(dtype, Shape.of(n));
            backend().normalization().layerNormBackward(x, w, mean, rstd, dy, dx, dweight, dbias);
            double steepest = Arrays.stream(plain.rstd).max().orElse(1);
            assertClose(dtype, 8, distance * steepest, plain.dx(upstream), bench.read(dx), "dx " + what);
            assertClose(dtype, 4, sums, plain.dweight(upstream), bench.read(dweight), "dweight " + what);
            assertClose(dtype, 4, sums, plain.dbias(upstream), bench.read(dbias), "dbias " + what);
        }
    }

    private static double[] filled(int n, double value) {
        double[] filled = new double[n];
        Arrays.fill(filled, value);
        return filled;
    }

    @Test
    void gradientsThatAreNotWantedAreNotMade() {
        int n = 20;
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(3, n), Workbench.numbers(3L * n, 1, 1));
            View stats = bench.view(DType.F32, Shape.of(3), 0.5, 0.25, 0.125);
            View all = bench.blank(DType.F32, Shape.of(3, n));
            View weight = bench.blank(DType.F32, Shape.of(n));
            View bias = bench.blank(DType.F32, Shape.of(n));
            backend().normalization().layerNormBackward(x, null, stats, stats, x, all, weight, bias);
            View dx = bench.blank(DType.F32, Shape.of(3, n));
            backend().normalization().layerNormBackward(x, null, stats, stats, x, dx, null, null);
            assertClose(DType.F32, 0, 0, bench.read(all), bench.read(dx), "dx alone");
            View dweight = bench.blank(DType.F32, Shape.of(n));
            backend().normalization().layerNormBackward(x, null, stats, stats, x, null, dweight, null);
            assertClose(DType.F32, 0, 0, bench.read(weight), bench.read(dweight), "dweight alone");
            View dbias = bench.blank(DType.F32, Shape.of(n));
            backend().normalization().layerNormBackward(x, null, stats, stats, x, null, null, dbias);
            assertClose(DType.F32, 0, 0, bench.read(bias), bench.read(dbias), "dbias alone");
        }
    }

    @Test
    void rowsFarFromZeroKeepTheirPrecision() {
        double[] numbers = Arrays.stream(Workbench.numbers(4 * 100, 1, 1))
                .map(v -> (float) (v + 5000))
                .toArray();
        Plain plain = new Plain(4, 100, numbers, filled(100, 1), new double[100], 1e-5);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(4, 100), numbers);
            View y = bench.blank(DType.F32, x.shape());
            View mean = bench.blank(DType.F32, Shape.of(4));
            View rstd = bench.blank(DType.F32, Shape.of(4));
            backend().normalization().layerNorm(x, null, null, 1e-5, y, mean, rstd);
            assertClose(DType.F32, 4, 1e-5, plain.y, bench.read(y), "layerNorm around 5000");
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.blank(DType.F32, Shape.of(3, 4));
            View stats = bench.blank(DType.F32, Shape.of(3));
            View wrong = bench.blank(DType.F32, Shape.of(3));
            View wide = bench.blank(DType.F64, Shape.of(4));
            assertThrows(
                    ShapeException.class,
                    () -> backend().normalization().layerNorm(x, wrong, null, 0, x, stats, stats));
            assertThrows(
                    ShapeException.class, () -> backend().normalization().layerNorm(x, null, wide, 0, x, stats, stats));
            assertThrows(
                    ShapeException.class, () -> backend().normalization().layerNorm(x, null, null, 0, x, stats, wide));
        }
    }
}
