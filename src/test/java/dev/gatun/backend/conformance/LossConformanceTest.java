package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;
import static dev.gatun.backend.conformance.Tolerance.assertUlps;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.Backend;
import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link dev.gatun.backend.LossOps} must do. */
public abstract class LossConformanceTest {
    private static final double INFINITY = Double.POSITIVE_INFINITY;
    private static final DType[] TYPES = {DType.F32, DType.F64};
    private static final int IGNORED = -100;

    /** The backend under test. */
    protected abstract Backend backend();

    @Test
    void crossEntropy() {
        for (DType dtype : TYPES) {
            for (int classes : new int[] {1, 2, 3, 7, 16, 17, 33, 65, 1021}) {
                for (double smoothing : new double[] {0, 0.1, 1}) {
                    for (boolean weighted : new boolean[] {false, true}) {
                        check(dtype, DType.I64, 6, classes, smoothing, weighted);
                    }
                }
            }
            check(dtype, DType.I32, 0, 4, 0, false);
            check(dtype, DType.I32, 20_000, 5, 0.1, true);
        }
    }

    private void check(DType dtype, DType targetType, int rows, int classes, double smoothing, boolean weighted) {
        double[] logits = Workbench.numbers((long) rows * classes, 5, classes);
        double[] targets =
                new SplittableRandom(1).ints(rows, 0, classes).asDoubleStream().toArray();
        for (int row = 3; row < rows; row += 4) {
            targets[row] = IGNORED;
        }
        double[] weights = Arrays.stream(Workbench.numbers(classes, 1, 2))
                .map(v -> weighted ? Math.abs(v) : 1)
                .toArray();
        double[] upstream = Workbench.numbers(rows, 1, 3);
        double[] losses = new double[rows];
        double[] targetWeights = new double[rows];
        double[] totals = new double[rows];
        double[] gradients = new double[rows * classes];
        for (int row = 0; row < rows; row++) {
            double total = Math.log(Arrays.stream(logits, row * classes, (row + 1) * classes)
                    .map(Math::exp)
                    .sum());
            totals[row] = total;
            int target = (int) targets[row];
            for (int c = 0; c < classes && target != IGNORED; c++) {
                double share = (c == target ? 1 - smoothing : 0) + smoothing / classes;
                losses[row] += share * weights[c] * (total - logits[row * classes + c]);
                for (int d = 0; d < classes; d++) {
                    double p = Math.exp(logits[row * classes + d] - total);
                    gradients[row * classes + d] += upstream[row] * share * weights[c] * (p - (c == d ? 1 : 0));
                }
            }
            targetWeights[row] = target == IGNORED ? 0 : weights[target];
        }
        String what = dtype + " [" + rows + ", " + classes + "] smoothing " + smoothing + (weighted ? " weighted" : "");
        CrossEntropyRule rule = new CrossEntropyRule(IGNORED, smoothing);
        double distance = dtype == DType.F32 ? 1e-6 : 1e-13;
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, Arrangement.OFFSET, Shape.of(rows, classes), logits);
            View t = bench.view(targetType, Shape.of(rows), targets);
            @Nullable View w = weighted ? bench.view(dtype, Arrangement.OFFSET, Shape.of(classes), weights) : null;
            View loss = bench.blank(dtype, Shape.of(rows));
            View weight = bench.blank(dtype, Shape.of(rows));
            View total = bench.blank(dtype, Shape.of(rows));
            backend().loss().crossEntropy(x, t, w, rule, loss, weight, total);
            assertClose(dtype, 4, distance, losses, bench.read(loss), "loss " + what);
            assertUlps(dtype, 0, targetWeights, bench.read(weight), "weight " + what);
            assertClose(dtype, 4, distance, totals, bench.read(total), "logSumExp " + what);
            View dx = bench.blank(dtype, x.shape());
            View dloss = bench.view(dtype, Shape.of(rows), upstream);
            backend().loss().crossEntropyBackward(x, t, w, rule, total, dloss, dx);
            assertClose(dtype, 8, distance, gradients, bench.read(dx), "dlogits " + what);
        }
    }

    @Test
    void ignoredRowsCountNothingWhateverTheirLogits() {
        CrossEntropyRule rule = new CrossEntropyRule(1, 0.1);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(2, 2), Double.NaN, INFINITY, 1, 2);
            View t = bench.view(DType.I32, Shape.of(2), 1, 1);
            View loss = bench.blank(DType.F32, Shape.of(2));
            View weight = bench.blank(DType.F32, Shape.of(2));
            View total = bench.blank(DType.F32, Shape.of(2));
            backend().loss().crossEntropy(x, t, null, rule, loss, weight, total);
            assertArrayEquals(new double[2], bench.read(loss));
            assertArrayEquals(new double[2], bench.read(weight));
            View dx = bench.blank(DType.F32, Shape.of(2, 2));
            backend()
                    .loss()
                    .crossEntropyBackward(x, t, null, rule, total, bench.view(DType.F32, Shape.of(2), 1, 1), dx);
            assertArrayEquals(new double[4], bench.read(dx));
        }
    }

    @Test
    void impossibleClassesAndFarLogits() {
        CrossEntropyRule rule = new CrossEntropyRule(IGNORED, 0);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(3, 2), 0, -INFINITY, 0, -INFINITY, 5000, -5000);
            View t = bench.view(DType.I64, Shape.of(3), 0, 1, 1);
            View loss = bench.blank(DType.F32, Shape.of(3));
            View weight = bench.blank(DType.F32, Shape.of(3));
            View total = bench.blank(DType.F32, Shape.of(3));
            backend().loss().crossEntropy(x, t, null, rule, loss, weight, total);
            assertArrayEquals(new double[] {0, INFINITY, 10_000}, bench.read(loss));
        }
    }

    @Test
    void targetsThatAreNoClassThrowBeforeAnythingIsWritten() {
        CrossEntropyRule rule = new CrossEntropyRule(IGNORED, 0);
        for (double wrong : new double[] {-1, 3}) {
            try (Workbench bench = new Workbench(backend())) {
                View x = bench.view(DType.F32, Shape.of(2, 3), new double[6]);
                View t = bench.view(DType.I64, Shape.of(2), 0, wrong);
                View loss = bench.view(DType.F32, Shape.of(2), 7, 7);
                View weight = bench.view(DType.F32, Shape.of(2), 7, 7);
                View total = bench.view(DType.F32, Shape.of(2), 7, 7);
                assertEquals(
                        "crossEntropy: target " + (long) wrong + " of row 1 is none of 3 classes",
                        refusal(() -> backend().loss().crossEntropy(x, t, null, rule, loss, weight, total)));
                assertArrayEquals(new double[] {7, 7}, bench.read(loss));
                refusal(() -> backend().loss().crossEntropyBackward(x, t, null, rule, total, loss, x));
                assertArrayEquals(new double[6], bench.read(x));
            }
        }
    }

    /** What is said of a target that is no class, at once or when the device is waited for. */
    private String refusal(Runnable operation) {
        return assertThrows(IndexOutOfBoundsException.class, () -> {
                    operation.run();
                    backend().memory().synchronize();
                })
                .getMessage();
    }

    @Test
    void refusesWhatDoesNotFit() {
        CrossEntropyRule rule = new CrossEntropyRule(IGNORED, 0);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(2, 3), new double[6]);
            View t = bench.view(DType.I64, Shape.of(2), 0, 0);
            View perRow = bench.blank(DType.F32, Shape.of(2));
            View more = bench.blank(DType.F32, Shape.of(3));
            assertThrows(
                    ShapeException.class,
                    () -> backend().loss().crossEntropy(x, perRow, null, rule, perRow, perRow, perRow));
            assertThrows(
                    ShapeException.class, () -> backend().loss().crossEntropy(x, t, null, rule, more, perRow, perRow));
            assertThrows(
                    ShapeException.class,
                    () -> backend().loss().crossEntropy(x, t, perRow, rule, perRow, perRow, perRow));
        }
    }

    @ParameterizedTest
    @EnumSource
    void pointwise(PointwiseLoss loss) {
        for (DType dtype : TYPES) {
            for (int count : new int[] {0, 1, 7, 15, 16, 17, 33, 1021, 4099}) {
                for (Arrangement arrangement : new Arrangement[] {Arrangement.CONTIGUOUS, Arrangement.OFFSET}) {
                    checkPointwise(loss, dtype, arrangement, count);
                }
            }
        }
    }

    private void checkPointwise(PointwiseLoss loss, DType dtype, Arrangement arrangement, int count) {
        boolean isProbability = loss == PointwiseLoss.BINARY_CROSS_ENTROPY_WITH_LOGITS;
        double[] predictions = Workbench.numbers(count, isProbability ? 30 : 4, 1);
        double[] truths = Arrays.stream(Workbench.numbers(count, 4, 2))
                .map(v -> isProbability ? (v > 0 ? 1 : 0) : v)
                .toArray();
        double[] upstream = Workbench.numbers(count, 1, 3);
        double[] losses = new double[count];
        double[] gradients = new double[count];
        Arrays.setAll(losses, i -> Expected.value(loss, 1.5, predictions[i], truths[i]));
        Arrays.setAll(gradients, i -> upstream[i] * Expected.derivative(loss, 1.5, predictions[i], truths[i]));
        String what = loss + " " + dtype + " " + count;
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, arrangement, Shape.of(count), predictions);
            View target = bench.view(dtype, arrangement, Shape.of(count), truths);
            View y = bench.blank(dtype, Shape.of(count));
            backend().loss().pointwise(loss, 1.5, x, target, y);
            assertClose(
                    dtype, dtype == DType.F32 ? 4 : 16, dtype == DType.F32 ? 1e-6 : 1e-14, losses, bench.read(y), what);
            View dy = bench.view(dtype, Shape.of(count), upstream);
            View dx = bench.blank(dtype, Shape.of(count));
            backend().loss().pointwiseBackward(loss, 1.5, x, target, dy, dx);
            double distance = dtype == DType.F32 ? 1e-6 : 1e-14;
            assertClose(dtype, 4, distance, gradients, bench.read(dx), what + " backward");
        }
    }

    @Test
    void smallBinaryCrossEntropyKeepsItsPrecision() {
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(DType.F32, Shape.of(4), 20, -20, 60, -1000);
            View target = bench.view(DType.F32, Shape.of(4), 1, 0, 1, 1);
            View y = bench.blank(DType.F32, Shape.of(4));
            backend().loss().pointwise(PointwiseLoss.BINARY_CROSS_ENTROPY_WITH_LOGITS, 0, x, target, y);
            double[] expected = {Math.log1p(Math.exp(-20)), Math.log1p(Math.exp(-20)), Math.log1p(Math.exp(-60)), 1000};
            assertUlps(DType.F32, 4, expected, bench.read(y), "binary cross entropy");
        }
    }
}
