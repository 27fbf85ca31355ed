package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.OptimizerOps;
import dev.gatun.backend.OptimizerOps.AdamStep;
import dev.gatun.backend.OptimizerOps.RmsPropStep;
import dev.gatun.backend.OptimizerOps.SgdStep;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link OptimizerOps} must do: equations in double beside it, over several parameters at once. */
public abstract class OptimizerConformanceTest {
    /** Around the widths of vectors, and beyond any task. */
    private static final int[] COUNTS = {0, 1, 2, 3, 5, 7, 8, 9, 13, 15, 16, 17, 31, 33, 40_009, 1};

    private static final int STEPS = 3;

    /** The backend under test. */
    protected abstract Backend backend();

    /** Parameters, gradients and states of one kind, a view for each count. */
    private static final class Columns {
        final DType dtype;
        final List<List<View>> views = new ArrayList<>();
        final List<List<double[]>> numbers = new ArrayList<>();

        /** Columns of parameters and gradients, and so many of states; squares are not negative. */
        Columns(Workbench bench, DType dtype, double... scales) {
            this.dtype = dtype;
            for (int column = 0; column < scales.length; column++) {
                views.add(new ArrayList<>());
                numbers.add(new ArrayList<>());
                for (int i = 0; i < COUNTS.length; i++) {
                    double[] values = Workbench.numbers(COUNTS[i], Math.abs(scales[column]), 31L * column + i);
                    for (int j = 0; j < values.length && scales[column] < 0; j++) {
                        values[j] = Math.abs(values[j]) + 0.5;
                    }
                    Arrangement arrangement = i % 2 == 0 ? Arrangement.CONTIGUOUS : Arrangement.OFFSET;
                    numbers.get(column).add(values);
                    views.get(column).add(bench.view(dtype, arrangement, Shape.of(COUNTS[i]), values));
                }
            }
        }

        List<View> views(int column) {
            return views.get(column);
        }

        double[] numbers(int column, int parameter) {
            return numbers.get(column).get(parameter);
        }

        void assertSame(Workbench bench, String what) {
            for (int column = 0; column < views.size(); column++) {
                for (int i = 0; i < COUNTS.length; i++) {
                    double[] actual = bench.read(views.get(column).get(i));
                    double near = dtype == DType.F32 ? 4e-7 : 1e-15;
                    assertClose(dtype, 8, near, numbers(column, i), actual, what + ", column " + column + ", " + i);
                }
            }
        }
    }

    private interface Element {
        /** A step of one element: parameter, gradient and states in, the same out. */
        void step(double[] values);
    }

    private static void expect(Columns columns, int width, Element element) {
        for (int i = 0; i < COUNTS.length; i++) {
            for (int j = 0; j < COUNTS[i]; j++) {
                double[] values = new double[width];
                for (int column = 0; column < width; column++) {
                    values[column] = columns.numbers(column, i)[j];
                }
                element.step(values);
                for (int column = 0; column < width; column++) {
                    columns.numbers(column, i)[j] = values[column];
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void sgd(DType dtype) {
        for (double momentum : new double[] {0, 0.9}) {
            for (boolean nesterov : new boolean[] {false, true}) {
                sgd(dtype, new SgdStep(0.1, momentum, nesterov ? 0 : 0.25, 0, nesterov && momentum != 0, false));
                sgd(dtype, new SgdStep(0.03, momentum, nesterov ? 0 : 0.25, 0.1, nesterov && momentum != 0, false));
            }
        }
    }

    private void sgd(DType dtype, SgdStep step) {
        try (Workbench bench = new Workbench(backend())) {
            Columns columns = new Columns(bench, dtype, 1, 2, 3);
            boolean remembers = step.momentum() != 0;
            for (int t = 0; t < STEPS; t++) {
                boolean first = t == 0;
                SgdStep now = new SgdStep(
                        step.rate(), step.momentum(), step.dampening(), step.weightDecay(), step.nesterov(), first);
                backend()
                        .optimizer()
                        .sgd(now, columns.views(0), columns.views(1), remembers ? columns.views(2) : List.of());
                expect(columns, 3, x -> {
                    double g = x[1] + step.weightDecay() * x[0];
                    if (remembers) {
                        x[2] = first ? g : step.momentum() * x[2] + (1 - step.dampening()) * g;
                    }
                    double update = !remembers ? g : step.nesterov() ? g + step.momentum() * x[2] : x[2];
                    x[0] -= step.rate() * update;
                });
            }
            columns.assertSame(bench, step + " " + dtype);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void rmsProp(DType dtype) {
        for (double momentum : new double[] {0, 0.9}) {
            for (boolean centered : new boolean[] {false, true}) {
                rmsProp(dtype, new RmsPropStep(0.01, 0.9, 1e-3, momentum == 0 ? 0.1 : 0, momentum, centered));
            }
        }
    }

    private void rmsProp(DType dtype, RmsPropStep step) {
        try (Workbench bench = new Workbench(backend())) {
            Columns columns = new Columns(bench, dtype, 1, 1, -4, 0.125, 1);
            List<View> means = step.centered() ? columns.views(3) : List.of();
            List<View> momenta = step.momentum() != 0 ? columns.views(4) : List.of();
            for (int t = 0; t < STEPS; t++) {
                backend()
                        .optimizer()
                        .rmsProp(step, columns.views(0), columns.views(1), columns.views(2), means, momenta);
                expect(columns, 5, x -> {
                    double g = x[1] + step.weightDecay() * x[0];
                    x[2] = step.decay() * x[2] + (1 - step.decay()) * g * g;
                    x[3] = step.centered() ? step.decay() * x[3] + (1 - step.decay()) * g : x[3];
                    double variance = step.centered() ? x[2] - x[3] * x[3] : x[2];
                    double update = g / (Math.sqrt(variance) + step.epsilon());
                    x[4] = step.momentum() != 0 ? step.momentum() * x[4] + update : x[4];
                    x[0] -= step.rate() * (step.momentum() != 0 ? x[4] : update);
                });
            }
            columns.assertSame(bench, step + " " + dtype);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64"})
    void adam(DType dtype) {
        for (boolean decoupled : new boolean[] {false, true}) {
            for (double decay : new double[] {0, 0.1}) {
                adam(dtype, new AdamStep(0.01, 0.9, 0.999, 1e-8, decay, decoupled, 1));
                adam(dtype, new AdamStep(0.01, 0.8, 0.95, 1e-2, decay, decoupled, 100_000));
            }
        }
    }

    private void adam(DType dtype, AdamStep step) {
        try (Workbench bench = new Workbench(backend())) {
            Columns columns = new Columns(bench, dtype, 1, 1, 1, -1);
            for (long t = step.step(); t < step.step() + STEPS; t++) {
                double count = (double) t;
                AdamStep now = new AdamStep(
                        step.rate(),
                        step.beta1(),
                        step.beta2(),
                        step.epsilon(),
                        step.weightDecay(),
                        step.decoupled(),
                        t);
                backend().optimizer().adam(now, columns.views(0), columns.views(1), columns.views(2), columns.views(3));
                expect(columns, 4, x -> {
                    double g = x[1] + (step.decoupled() ? 0 : step.weightDecay() * x[0]);
                    x[0] -= step.decoupled() ? step.rate() * step.weightDecay() * x[0] : 0;
                    x[2] = step.beta1() * x[2] + (1 - step.beta1()) * g;
                    x[3] = step.beta2() * x[3] + (1 - step.beta2()) * g * g;
                    double mean = x[2] / (1 - Math.pow(step.beta1(), count));
                    double square = x[3] / (1 - Math.pow(step.beta2(), count));
                    x[0] -= step.rate() * mean / (Math.sqrt(square) + step.epsilon());
                });
            }
            columns.assertSame(bench, step + " " + dtype);
        }
    }

    @Test
    void numbersThatAreNoneStayWhereTheyAre() {
        for (int count : new int[] {3, 8, 17}) {
            try (Workbench bench = new Workbench(backend())) {
                double[] given = new double[count];
                given[count / 2] = Double.NaN;
                given[count - 1] = Double.POSITIVE_INFINITY;
                List<View> g = List.of(bench.view(DType.F32, Shape.of(count), given));
                List<View> p = List.of(bench.view(DType.F32, Shape.of(count), new double[count]));
                List<View> m = List.of(bench.view(DType.F32, Shape.of(count), new double[count]));
                List<View> s = List.of(bench.view(DType.F32, Shape.of(count), new double[count]));
                backend().optimizer().adam(new AdamStep(0.1, 0.9, 0.999, 1e-8, 0, false, 1), p, g, m, s);
                double[] moved = bench.read(p.getFirst());
                for (int i = 0; i < count; i++) {
                    boolean good = i != count / 2 && i != count - 1;
                    assertTrue(good ? moved[i] == 0 : Double.isNaN(moved[i]), "element " + i + " is " + moved[i]);
                }
            }
        }
    }

    @Test
    void centeredVarianceDoesNotFallBelowZero() {
        try (Workbench bench = new Workbench(backend())) {
            int count = 19;
            double[] steady = Workbench.numbers(count, 1, 1);
            List<View> p = List.of(bench.view(DType.F32, Shape.of(count), new double[count]));
            List<View> g = List.of(bench.view(DType.F32, Shape.of(count), steady));
            List<View> s = List.of(bench.view(DType.F32, Shape.of(count), new double[count]));
            List<View> a = List.of(bench.view(DType.F32, Shape.of(count), new double[count]));
            for (int i = 0; i < 200; i++) {
                backend().optimizer().rmsProp(new RmsPropStep(1e-6, 0.5, 1e-3, 0, 0, true), p, g, s, a, List.of());
            }
            for (double moved : bench.read(p.getFirst())) {
                assertTrue(Double.isFinite(moved), "a steady gradient gives " + moved);
            }
        }
    }

    @Test
    void howParametersAreCutUpChangesNoBit() {
        double[] values = Workbench.numbers(50_000, 1, 1);
        double[] gradients = Workbench.numbers(50_000, 1, 2);
        double[] whole = adamOver(values, gradients, 50_000);
        assertArrayEquals(whole, adamOver(values, gradients, 12_347), "parts of 12347");
        assertArrayEquals(whole, adamOver(values, gradients, 101), "parts of 101");
    }

    private double[] adamOver(double[] values, double[] gradients, int part) {
        try (Workbench bench = new Workbench(backend())) {
            List<List<View>> columns =
                    List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
            for (int from = 0; from < values.length; from += part) {
                int to = Math.min(from + part, values.length);
                Shape shape = Shape.of(to - from);
                columns.get(0).add(bench.view(DType.F32, shape, Arrays.copyOfRange(values, from, to)));
                columns.get(1).add(bench.view(DType.F32, shape, Arrays.copyOfRange(gradients, from, to)));
                columns.get(2).add(bench.view(DType.F32, shape, new double[to - from]));
                columns.get(3).add(bench.view(DType.F32, shape, new double[to - from]));
            }
            backend()
                    .optimizer()
                    .adam(
                            new AdamStep(0.01, 0.9, 0.999, 1e-8, 0.1, true, 1),
                            columns.get(0),
                            columns.get(1),
                            columns.get(2),
                            columns.get(3));
            return columns.get(0).stream()
                    .flatMapToDouble(view -> Arrays.stream(bench.read(view)))
                    .toArray();
        }
    }

    @Test
    void refusesWhatDoesNotBelongTogether() {
        OptimizerOps ops = backend().optimizer();
        SgdStep plain = new SgdStep(0.1, 0, 0, 0, false, false);
        SgdStep momentum = new SgdStep(0.1, 0.9, 0, 0, false, false);
        try (Workbench bench = new Workbench(backend())) {
            List<View> three = List.of(bench.view(DType.F32, Shape.of(3), 1, 2, 3));
            List<View> four = List.of(bench.view(DType.F32, Shape.of(4), 1, 2, 3, 4));
            List<View> doubles = List.of(bench.view(DType.F64, Shape.of(3), 1, 2, 3));
            List<View> spaced = List.of(bench.view(DType.F32, Arrangement.SPACED, Shape.of(3), 1, 2, 3));
            refused(() -> ops.sgd(plain, three, four, List.of()), "[3]");
            refused(() -> ops.sgd(plain, three, doubles, List.of()), "F64");
            refused(() -> ops.sgd(plain, three, spaced, List.of()), "contiguous");
            refused(() -> ops.sgd(plain, spaced, three, List.of()), "contiguous");
            refused(() -> ops.sgd(plain, three, List.of(), List.of()), "1 parameters and 0 gradients");
            refused(() -> ops.sgd(momentum, three, three, List.of()), "1 parameters and 0 momenta");
            refused(() -> ops.sgd(plain, three, three, three), "1 parameters and 1 momenta");
            AdamStep zero = new AdamStep(0.1, 0.9, 0.999, 1e-8, 0, false, 0);
            refused(() -> ops.adam(zero, three, three, three, three), "count from 1");
        }
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
