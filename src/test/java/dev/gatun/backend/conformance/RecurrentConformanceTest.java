package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.RecurrentCases.spec;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BiasMode;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.DType;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What every backend's {@link dev.gatun.backend.RecurrentOps} must do, measured against loops in double.
public abstract class RecurrentConformanceTest {
    /// The backend under test.
    protected abstract Backend backend();

    @ParameterizedTest
    @MethodSource(RecurrentCases.ALL)
    void forward(RecurrentCases.Case given) {
        RecurrentRun run = given.run(backend());
        RecurrentRun.Inputs inputs = run.inputs(1);
        ReferenceRecurrent.Result expected = reference(run, inputs);
        assertOutputs(expected, run.infer(DType.F64, inputs), 1e-12);
        assertOutputs(expected, run.infer(DType.F32, inputs), 1e-5);
    }

    private ReferenceRecurrent.Result reference(RecurrentRun run, RecurrentRun.Inputs inputs) {
        WeightLayout layout = backend().recurrent().weightLayout(run.call().spec());
        return new ReferenceRecurrent(run.call(), layout).run(inputs.x(), inputs.h0(), inputs.c0(), inputs.weights());
    }

    private static void assertOutputs(
            ReferenceRecurrent.Result expected, ReferenceRecurrent.Result actual, double tolerance) {
        assertNear(expected.y(), actual.y(), tolerance, "y");
        assertNear(expected.hn(), actual.hn(), tolerance, "hn");
        assertNear(expected.cn(), actual.cn(), tolerance, "cn");
    }

    /// Differences are measured against the largest number of all, as terms may cancel.
    private static void assertNear(double[] expected, double[] actual, double tolerance, String what) {
        double largest = Arrays.stream(expected).map(Math::abs).max().orElse(0);
        assertArrayEquals(expected, actual, tolerance * largest + Double.MIN_NORMAL, what);
    }

    @ParameterizedTest
    @MethodSource(RecurrentCases.ALL)
    void keepingChangesNothing(RecurrentCases.Case given) {
        RecurrentRun run = given.run(backend());
        RecurrentRun.Inputs inputs = run.inputs(2);
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            ReferenceRecurrent.Result inferred = run.infer(dtype, inputs);
            ReferenceRecurrent.Result trained =
                    run.train(dtype, inputs, run.upstream(2)).outputs();
            assertArrayEquals(inferred.y(), trained.y());
            assertArrayEquals(inferred.hn(), trained.hn());
            assertArrayEquals(inferred.cn(), trained.cn());
        }
    }

    @ParameterizedTest
    @MethodSource(RecurrentCases.SMALL)
    void gradientsAreDifferences(RecurrentCases.Case given) {
        RecurrentRun run = given.run(backend());
        RecurrentRun.Inputs inputs = run.inputs(3);
        double[][] upstream = run.upstream(3);
        RecurrentRun.Gradients gradients =
                run.train(DType.F64, inputs, upstream).gradients();
        Function<RecurrentRun.Inputs, ReferenceRecurrent.Result> forward = changed -> reference(run, changed);
        assertDifferences(run, inputs, upstream, forward, gradients);
    }

    private static void assertDifferences(
            RecurrentRun run,
            RecurrentRun.Inputs inputs,
            double[][] upstream,
            Function<RecurrentRun.Inputs, ReferenceRecurrent.Result> forward,
            RecurrentRun.Gradients gradients) {
        Function<double[], RecurrentRun.Inputs> x =
                values -> new RecurrentRun.Inputs(values, inputs.h0(), inputs.c0(), inputs.weights());
        Function<double[], RecurrentRun.Inputs> h0 =
                values -> new RecurrentRun.Inputs(inputs.x(), values, inputs.c0(), inputs.weights());
        Function<double[], RecurrentRun.Inputs> c0 =
                values -> new RecurrentRun.Inputs(inputs.x(), inputs.h0(), values, inputs.weights());
        Function<double[], RecurrentRun.Inputs> weights =
                values -> new RecurrentRun.Inputs(inputs.x(), inputs.h0(), inputs.c0(), values);
        assertDifferences("dx", inputs.x(), x.andThen(forward), upstream, gradients.dx());
        assertDifferences("dweights", inputs.weights(), weights.andThen(forward), upstream, gradients.dweights());
        if (run.initial()) {
            assertDifferences("dh0", inputs.h0(), h0.andThen(forward), upstream, gradients.dh0());
        }
        if (run.initial() && run.call().spec().cell().hasCell()) {
            assertDifferences("dc0", inputs.c0(), c0.andThen(forward), upstream, gradients.dc0());
        }
    }

    private static void assertDifferences(
            String what,
            double[] at,
            Function<double[], ReferenceRecurrent.Result> forward,
            double[][] upstream,
            double[] gradient) {
        double step = 1e-5;
        double[] expected = new double[at.length];
        double[] moved = at.clone();
        for (int i = 0; i < at.length; i++) {
            moved[i] = at[i] + step;
            double above = loss(forward.apply(moved), upstream);
            moved[i] = at[i] - step;
            double below = loss(forward.apply(moved), upstream);
            moved[i] = at[i];
            expected[i] = (above - below) / (2 * step);
        }
        assertArrayEquals(
                expected,
                gradient,
                2e-8 * (1 + Arrays.stream(expected).map(Math::abs).max().orElse(0)),
                what);
    }

    private static double loss(ReferenceRecurrent.Result result, double[][] upstream) {
        return dot(result.y(), upstream[0]) + dot(result.hn(), upstream[1]) + dot(result.cn(), upstream[2]);
    }

    private static double dot(double[] a, double[] b) {
        double sum = 0;
        for (int i = 0; i < a.length; i++) {
            sum += a[i] * b[i];
        }
        return sum;
    }

    @ParameterizedTest
    @MethodSource(RecurrentCases.ALL)
    void gradientsInSinglePrecision(RecurrentCases.Case given) {
        RecurrentRun run = given.run(backend());
        RecurrentRun.Inputs inputs = run.inputs(4);
        RecurrentRun.Gradients exact =
                run.train(DType.F64, inputs, run.upstream(4)).gradients();
        RecurrentRun.Gradients single =
                run.train(DType.F32, inputs, run.upstream(4)).gradients();
        assertNear(exact.dx(), single.dx(), 1e-4, "dx");
        assertNear(exact.dh0(), single.dh0(), 1e-4, "dh0");
        assertNear(exact.dc0(), single.dc0(), 1e-4, "dc0");
        assertNear(exact.dweights(), single.dweights(), 1e-4, "dweights");
    }

    @ParameterizedTest
    @EnumSource
    void absentGradientsAreZero(CellType cell) {
        RecurrentSpec spec = spec(cell, 3, 4, 2, true, BiasMode.DOUBLE);
        RecurrentRun run = new RecurrentRun(backend(), new RecurrentCall(spec, 2, 3, new int[] {1, 3}, null), true);
        RecurrentRun.Inputs inputs = run.inputs(6);
        for (int present = 0; present < 3; present++) {
            double[][] zeros = run.upstream(6);
            double @Nullable [][] absent = run.upstream(6);
            for (int i = 0; i < 3; i++) {
                if (i != present) {
                    Arrays.fill(zeros[i], 0);
                    absent[i] = null;
                }
            }
            RecurrentRun.Gradients expected =
                    run.train(DType.F64, inputs, zeros).gradients();
            RecurrentRun.Gradients actual = run.train(DType.F64, inputs, absent).gradients();
            assertArrayEquals(expected.dx(), actual.dx());
            assertArrayEquals(expected.dh0(), actual.dh0());
            assertArrayEquals(expected.dc0(), actual.dc0());
            assertArrayEquals(expected.dweights(), actual.dweights());
        }
    }

    @ParameterizedTest
    @EnumSource
    void gradientsThatNobodyWantsChangeNoOthers(CellType cell) {
        RecurrentSpec spec = spec(cell, 3, 4, 2, true, BiasMode.DOUBLE);
        for (int batch : new int[] {1, 3, 17}) {
            RecurrentRun run = new RecurrentRun(backend(), new RecurrentCall(spec, batch, 3, null, null), true);
            RecurrentRun.Inputs inputs = run.inputs(8);
            double[][] upstream = run.upstream(8);
            RecurrentRun.Gradients all = run.train(DType.F64, inputs, upstream).gradients();
            RecurrentRun.Gradients ofInputs =
                    run.train(DType.F64, inputs, upstream, true, false).gradients();
            assertArrayEquals(all.dx(), ofInputs.dx());
            assertArrayEquals(all.dh0(), ofInputs.dh0());
            assertArrayEquals(all.dc0(), ofInputs.dc0());
            RecurrentRun.Gradients ofWeights =
                    run.train(DType.F64, inputs, upstream, false, true).gradients();
            assertArrayEquals(all.dweights(), ofWeights.dweights());
        }
    }

    @ParameterizedTest
    @EnumSource
    void dropoutBetweenLayers(CellType cell) {
        assertDrops(spec(cell, 2, 3, 3, true, BiasMode.DOUBLE).withDropout(0.4));
    }

    private void assertDrops(RecurrentSpec spec) {
        for (int batch : new int[] {3, 17}) {
            assertDrops(spec, IntStream.range(0, batch).map(i -> (i + 2) % 4).toArray());
        }
    }

    private void assertDrops(RecurrentSpec spec, int[] lengths) {
        RandomStream stream = new RandomStream(5, 17);
        RecurrentCall call = new RecurrentCall(spec, lengths.length, 3, lengths, stream);
        RecurrentRun run = new RecurrentRun(backend(), call, true);
        RecurrentRun.Inputs inputs = run.inputs(5);
        double[][] upstream = run.upstream(5);
        RecurrentRun.Outcome outcome = run.train(DType.F64, inputs, upstream);
        assertTrue(!Arrays.equals(reference(run, inputs).y(), outcome.outputs().y()), "nothing was dropped");
        assertArrayEquals(outcome.outputs().y(), run.infer(DType.F64, inputs).y(), "the same stream, the same mask");
        assertDifferences(run, inputs, upstream, changed -> run.infer(DType.F64, changed), outcome.gradients());
    }

    @Test
    void dropoutBetweenProjectedLayers() {
        RecurrentSpec spec = spec(CellType.LSTM, 2, 4, 3, true, BiasMode.DOUBLE).withProjection(3);
        assertDrops(spec.withClip(0.5).withDropout(0.4));
    }

    /// The bound is at work in the cases above: it changes what comes out, and every cell keeps to it.
    @Test
    void cellsKeepToTheirBound() {
        RecurrentSpec spec = spec(CellType.LSTM, 3, 5, 1, false, BiasMode.DOUBLE);
        RecurrentRun free = new RecurrentRun(backend(), new RecurrentCall(spec, 3, 4, null, null), true);
        RecurrentRun.Inputs inputs = free.inputs(1);
        double[] unbound = free.infer(DType.F64, inputs).cn();
        RecurrentRun bound =
                new RecurrentRun(backend(), new RecurrentCall(spec.withClip(0.25), 3, 4, null, null), true);
        double[] cn = bound.infer(DType.F64, inputs).cn();
        assertTrue(Arrays.stream(unbound).anyMatch(c -> Math.abs(c) > 0.25), "nothing to clip");
        assertTrue(Arrays.stream(cn).anyMatch(c -> Math.abs(c) == 0.25), "nothing clipped");
        assertTrue(Arrays.stream(cn).anyMatch(c -> Math.abs(c) < 0.25), "everything clipped");
        assertTrue(Arrays.stream(cn).allMatch(c -> Math.abs(c) <= 0.25), "beyond the bound");
    }

    /// NaN in a sequence stays there, and is not brought to the bound.
    @Test
    void clippingKeepsNaN() {
        RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 3, 5).withClip(0.25);
        RecurrentRun run = new RecurrentRun(backend(), new RecurrentCall(spec, 2, 3, null, null), true);
        RecurrentRun.Inputs inputs = run.inputs(1);
        inputs.x()[0] = Double.NaN;
        for (DType dtype : List.of(DType.F32, DType.F64)) {
            double[] cn = run.infer(dtype, inputs).cn();
            for (int i = 0; i < 5; i++) {
                assertTrue(Double.isNaN(cn[i]), dtype + " cell " + i + " of the first sequence: " + cn[i]);
                assertTrue(Math.abs(cn[5 + i]) <= 0.25, dtype + " cell " + i + " of the second: " + cn[5 + i]);
            }
        }
    }

    /// The second layer passes on what it is given: y is the first layer's output after dropout.
    @Test
    void dropoutZeroesItsShareAndScalesTheRest() {
        int size = 64;
        double p = 0.3;
        RecurrentSpec spec =
                spec(CellType.RNN_RELU, size, size, 2, false, BiasMode.NONE).withDropout(p);
        RecurrentRun run =
                new RecurrentRun(backend(), new RecurrentCall(spec, 8, 16, null, new RandomStream(3, 0)), false);
        double[] weights = new double[(int) run.weights().elements()];
        for (WeightLayout.Entry entry : backend().recurrent().weightLayout(spec).entries()) {
            for (int i = 0; entry.name().startsWith("weight_ih") && i < size; i++) {
                weights[(int) entry.layout().offset() + i * size + i] = 1;
            }
        }
        double[] x = new double[(int) run.input().elements()];
        Arrays.setAll(x, i -> 1 + i % 13);
        double[] none = new double[(int) run.hidden().elements()];
        double[] y = run.infer(DType.F32, new RecurrentRun.Inputs(x, none, none, weights))
                .y();
        int zeros = 0;
        for (int i = 0; i < y.length; i++) {
            zeros += y[i] == 0 ? 1 : 0;
            assertTrue(
                    y[i] == 0 || Math.abs(y[i] - x[i] / (1 - p)) < 1e-5, "element " + i + ": " + y[i] + " of " + x[i]);
        }
        assertEquals(p, zeros / (double) y.length, 0.02);
    }
}
