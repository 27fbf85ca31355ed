package dev.gatun.backend.conformance;

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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// What every backend's {@link dev.gatun.backend.RecurrentOps} must do, measured against loops in double.
public abstract class RecurrentConformanceTest {
    /// The backend under test.
    protected abstract Backend backend();

    /// A stack, a batch and whether there is an initial state.
    record Case(String title, RecurrentSpec spec, int batch, int steps, boolean initial, List<Integer> lengths) {
        RecurrentRun run(Backend backend) {
            int[] given = lengths.stream().mapToInt(length -> length).toArray();
            RecurrentCall call = new RecurrentCall(spec, batch, steps, given.length == 0 ? null : given, null);
            return new RecurrentRun(backend, call, initial);
        }

        @Override
        public String toString() {
            return spec.cell() + " " + title;
        }
    }

    /// Small enough for differences of every weight; together they have every option that changes the maths.
    static Stream<Case> smallCases() {
        return Arrays.stream(CellType.values())
                .flatMap(cell -> Stream.of(
                        new Case("plain", spec(cell, 3, 4, 1, false, BiasMode.DOUBLE), 3, 4, false, List.of()),
                        new Case("initial state", spec(cell, 3, 4, 1, false, BiasMode.DOUBLE), 3, 4, true, List.of()),
                        new Case("single bias", spec(cell, 3, 4, 1, true, BiasMode.SINGLE), 2, 3, true, List.of()),
                        new Case("no bias", spec(cell, 3, 4, 2, false, BiasMode.NONE), 2, 3, true, List.of()),
                        new Case("all of one", spec(cell, 1, 1, 1, false, BiasMode.DOUBLE), 1, 1, true, List.of()),
                        new Case("one step", spec(cell, 2, 3, 2, true, BiasMode.DOUBLE), 3, 1, true, List.of()),
                        new Case("one sequence", spec(cell, 2, 3, 2, true, BiasMode.DOUBLE), 1, 5, true, List.of()),
                        new Case(
                                "one short sequence",
                                spec(cell, 2, 3, 1, true, BiasMode.DOUBLE),
                                1,
                                5,
                                true,
                                List.of(3)),
                        new Case(
                                "one step, some none",
                                spec(cell, 2, 3, 1, false, BiasMode.DOUBLE),
                                3,
                                1,
                                true,
                                List.of(0, 1, 1)),
                        new Case(
                                "lengths in any order",
                                spec(cell, 2, 3, 2, true, BiasMode.DOUBLE),
                                5,
                                4,
                                true,
                                List.of(2, 0, 4, 1, 2)),
                        new Case(
                                "all short",
                                spec(cell, 2, 3, 2, false, BiasMode.SINGLE),
                                3,
                                5,
                                false,
                                List.of(1, 3, 2)),
                        new Case("all empty", spec(cell, 2, 3, 1, true, BiasMode.DOUBLE), 2, 3, true, List.of(0, 0)),
                        new Case("no steps", spec(cell, 2, 3, 1, true, BiasMode.DOUBLE), 2, 0, true, List.of()),
                        new Case("no sequences", spec(cell, 2, 3, 2, false, BiasMode.DOUBLE), 0, 3, true, List.of())));
    }

    /// Hidden sizes around widths of vectors, and batches that threads share.
    static Stream<Case> largeCases() {
        return Arrays.stream(CellType.values()).flatMap(cell -> {
            List<Case> cases = new ArrayList<>();
            for (int size : new int[] {7, 8, 9, 15, 16, 17, 31, 33, 67}) {
                cases.add(new Case(
                        "hidden size " + size,
                        spec(cell, size + 2, size, 1, false, BiasMode.DOUBLE),
                        3,
                        5,
                        true,
                        List.of()));
            }
            cases.add(new Case("wide batch", spec(cell, 24, 48, 2, true, BiasMode.DOUBLE), 37, 9, true, List.of()));
            List<Integer> lengths = new ArrayList<>();
            for (int i = 0; i < 37; i++) {
                lengths.add(i * 7 % 12);
            }
            cases.add(new Case("ragged batch", spec(cell, 24, 48, 2, true, BiasMode.DOUBLE), 37, 12, true, lengths));
            return cases.stream();
        });
    }

    /// LSTMs with a projection, with a bound that about a third of the cells reach, and with both.
    static Stream<Case> projectedAndClipped() {
        RecurrentSpec plain = spec(CellType.LSTM, 3, 5, 1, false, BiasMode.DOUBLE);
        RecurrentSpec deep = spec(CellType.LSTM, 2, 4, 2, true, BiasMode.DOUBLE);
        List<Integer> lengths = List.of(2, 0, 4, 1, 2);
        return Stream.of(
                new Case("projected", plain.withProjection(2), 3, 4, false, List.of()),
                new Case("projected to one", plain.withProjection(1), 2, 3, true, List.of()),
                new Case("projected, single bias", single(plain).withProjection(4), 2, 3, true, List.of()),
                new Case("projected, no bias", deep.withBias(BiasMode.NONE).withProjection(3), 2, 3, true, List.of()),
                new Case("projected, one sequence", deep.withProjection(3), 1, 5, true, List.of()),
                new Case("projected, one step", deep.withProjection(3), 3, 1, true, List.of()),
                new Case("projected, ragged", deep.withProjection(3), 5, 4, true, lengths),
                new Case("projected, all empty", deep.withProjection(3), 2, 3, true, List.of(0, 0)),
                new Case("projected, no steps", deep.withProjection(3), 2, 0, true, List.of()),
                new Case("projected, no sequences", deep.withProjection(3), 0, 3, true, List.of()),
                new Case("clipped", plain.withClip(0.25), 3, 4, true, List.of()),
                new Case("clipped, never reached", plain.withClip(50), 3, 4, true, List.of()),
                new Case("clipped, ragged", deep.withClip(0.25), 5, 4, true, lengths),
                new Case("both, ragged", deep.withProjection(3).withClip(0.25), 5, 4, true, lengths));
    }

    private static RecurrentSpec single(RecurrentSpec spec) {
        return spec.withBias(BiasMode.SINGLE);
    }

    /// The same, wide enough for vectors and threads.
    static Stream<Case> largeProjectedAndClipped() {
        List<Integer> lengths = new ArrayList<>();
        for (int i = 0; i < 37; i++) {
            lengths.add(i * 7 % 12);
        }
        RecurrentSpec wide = spec(CellType.LSTM, 24, 48, 2, true, BiasMode.DOUBLE);
        return Stream.of(
                new Case(
                        "hidden 17 to 9",
                        RecurrentSpec.of(CellType.LSTM, 5, 17).withProjection(9),
                        3,
                        5,
                        true,
                        List.of()),
                new Case(
                        "hidden 33 to 32",
                        RecurrentSpec.of(CellType.LSTM, 5, 33).withProjection(32),
                        3,
                        5,
                        true,
                        List.of()),
                new Case("projected batch", wide.withProjection(20), 37, 9, true, List.of()),
                new Case("clipped batch", wide.withClip(0.375), 37, 9, true, List.of()),
                new Case("both, ragged batch", wide.withProjection(20).withClip(0.375), 37, 12, true, lengths));
    }

    private static RecurrentSpec spec(
            CellType cell, int input, int hidden, int layers, boolean bidirectional, BiasMode bias) {
        return new RecurrentSpec(cell, input, hidden, layers, bidirectional, bias, 0, 0, RecurrentSpec.UNCLIPPED);
    }

    @ParameterizedTest
    @MethodSource({"smallCases", "largeCases", "projectedAndClipped", "largeProjectedAndClipped"})
    void forward(Case given) {
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
    @MethodSource({"smallCases", "largeCases", "projectedAndClipped", "largeProjectedAndClipped"})
    void keepingChangesNothing(Case given) {
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
    @MethodSource({"smallCases", "projectedAndClipped"})
    void gradientsAreDifferences(Case given) {
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
    @MethodSource({"smallCases", "largeCases", "projectedAndClipped", "largeProjectedAndClipped"})
    void gradientsInSinglePrecision(Case given) {
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
    void dropoutBetweenLayers(CellType cell) {
        assertDrops(spec(cell, 2, 3, 3, true, BiasMode.DOUBLE).withDropout(0.4));
    }

    private void assertDrops(RecurrentSpec spec) {
        int[] lengths = {2, 3, 0};
        RandomStream stream = new RandomStream(5, 17);
        RecurrentRun run = new RecurrentRun(backend(), new RecurrentCall(spec, 3, 3, lengths, stream), true);
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

    @ParameterizedTest
    @EnumSource
    void weightsAreNamedAndShapedAsInPyTorch(CellType cell) {
        WeightLayout layout = backend().recurrent().weightLayout(spec(cell, 5, 3, 2, true, BiasMode.DOUBLE));
        int rows = 3 * cell.gates();
        List<String> expected = new ArrayList<>();
        for (String suffix : List.of("_l0", "_l0_reverse", "_l1", "_l1_reverse")) {
            int inputs = suffix.startsWith("_l0") ? 5 : 6;
            expected.add("weight_ih" + suffix + " [" + rows + ", " + inputs + "]");
            expected.add("weight_hh" + suffix + " [" + rows + ", 3]");
            expected.add("bias_ih" + suffix + " [" + rows + "]");
            expected.add("bias_hh" + suffix + " [" + rows + "]");
        }
        assertEquals(
                expected,
                layout.entries().stream()
                        .map(entry -> entry.name() + " " + entry.layout().shape())
                        .toList());
    }

    @Test
    void projectionsAreNamedAndShapedAsInPyTorch() {
        RecurrentSpec spec = spec(CellType.LSTM, 5, 4, 2, true, BiasMode.SINGLE).withProjection(3);
        List<String> expected = new ArrayList<>();
        for (String suffix : List.of("_l0", "_l0_reverse", "_l1", "_l1_reverse")) {
            int inputs = suffix.startsWith("_l0") ? 5 : 6;
            expected.add("weight_ih" + suffix + " [16, " + inputs + "]");
            expected.add("weight_hh" + suffix + " [16, 3]");
            expected.add("bias_ih" + suffix + " [16]");
            expected.add("weight_hr" + suffix + " [3, 4]");
        }
        WeightLayout layout = backend().recurrent().weightLayout(spec);
        assertEquals(
                expected,
                layout.entries().stream()
                        .map(entry -> entry.name() + " " + entry.layout().shape())
                        .toList());
        assertApart(layout);
    }

    @ParameterizedTest
    @EnumSource
    void weightsLieApart(BiasMode bias) {
        WeightLayout layout = backend().recurrent().weightLayout(spec(CellType.GRU, 5, 3, 3, true, bias));
        assertApart(layout);
        assertEquals(
                2 + bias.count(),
                layout.entries().stream()
                        .filter(entry -> entry.name().endsWith("_l2_reverse"))
                        .count());
    }

    private static void assertApart(WeightLayout layout) {
        boolean[] taken = new boolean[(int) layout.elements()];
        for (WeightLayout.Entry entry : layout.entries()) {
            assertTrue(entry.layout().isContiguous());
            for (long i = entry.layout().offset(); i < entry.layout().extent(); i++) {
                assertTrue(!taken[(int) i], entry.name() + " overlaps another");
                taken[(int) i] = true;
            }
        }
    }

    @Test
    void reserveHoldsTheGatesOfAllSteps() {
        RecurrentSpec spec = spec(CellType.LSTM, 4, 8, 1, false, BiasMode.DOUBLE);
        long full = backend().recurrent().reserveBytes(new RecurrentCall(spec, 4, 10, null, null), DType.F32);
        assertTrue(full >= 4L * 10 * spec.gateRows() * 4, full + " bytes");
    }
}
