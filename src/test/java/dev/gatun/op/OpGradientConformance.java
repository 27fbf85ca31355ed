package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.layout.DType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Gradients of every op against central differences in F64, and in F32 against those of F64. A backend joins with a subclass. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class OpGradientConformance {
    private static final Set<Class<?>> WITHOUT_GRADIENT = Set.of(CompareOp.class, ArgMaxOp.class);
    private static final double STEP = 1e-6;

    abstract Backend backend();

    static Stream<OpCase> cases() {
        return OpCases.all();
    }

    @Test
    void everyOpHasACase() {
        Set<Class<?>> covered = cases().map(test -> test.op().getClass()).collect(Collectors.toSet());
        List<Class<?>> missing = Arrays.stream(Op.class.getPermittedSubclasses())
                .filter(op -> !covered.contains(op) && !WITHOUT_GRADIENT.contains(op))
                .collect(Collectors.toList());
        assertEquals(List.of(), missing, "ops without a gradient case; add one to OpCases");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithCentralDifferences(OpCase given) {
        OpCase test = given.on(backend());
        OpRun run = new OpRun(backend(), DType.F64, test);
        List<double @Nullable []> values = values(test);
        List<double @Nullable []> cotangents = run.cotangents(run.forward(values));
        List<double @Nullable []> gradients = run.gradients(values, cotangents);
        for (int i = 0; i < values.size(); i++) {
            OpCase.Input input = test.inputs().get(i);
            if (input != null && input.kind() == OpCase.Kind.NUMBERS) {
                double[] analytic = gradients.get(i);
                assertNotNull(analytic, "no gradient for input " + i);
                check(test, run, values, cotangents, i, analytic);
            }
        }
    }

    private static void check(
            OpCase test,
            OpRun run,
            List<double @Nullable []> values,
            List<double @Nullable []> cotangents,
            int input,
            double[] analytic) {
        double[] numeric = numeric(run, values, cotangents, input);
        int[] places = places(test, input);
        assertEquals(places.length, analytic.length, "elements of the gradient of input " + input);
        double scale = Math.max(1, Arrays.stream(numeric).map(Math::abs).max().orElse(0));
        for (int j = 0; j < places.length; j++) {
            assertEquals(numeric[places[j]], analytic[j], 2e-8 * scale, test + ", input " + input + ", element " + j);
        }
    }

    private static double[] numeric(
            OpRun run, List<double @Nullable []> values, List<double @Nullable []> cotangents, int input) {
        double[] array = values.get(input);
        assertNotNull(array);
        double[] numeric = new double[array.length];
        for (int j = 0; j < array.length; j++) {
            double kept = array[j];
            array[j] = kept + STEP;
            double above = dot(run.forward(values), cotangents);
            array[j] = kept - STEP;
            double below = dot(run.forward(values), cotangents);
            array[j] = kept;
            numeric[j] = (above - below) / (2 * STEP);
        }
        return numeric;
    }

    @ParameterizedTest
    @MethodSource("cases")
    void singlePrecisionAgreesWithDouble(OpCase given) {
        OpCase test = given.on(backend());
        OpRun single = new OpRun(backend(), DType.F32, test);
        OpRun twice = new OpRun(backend(), DType.F64, test);
        List<double @Nullable []> values = values(test);
        values.forEach(OpGradientConformance::roundToFloat);
        List<double[]> outputs = twice.forward(values);
        List<double @Nullable []> cotangents = twice.cotangents(outputs);
        cotangents.forEach(OpGradientConformance::roundToFloat);
        compare(test + " outputs", outputs, single.forward(values), 1e-5);
        compare(test + " gradients", twice.gradients(values, cotangents), single.gradients(values, cotangents), 1e-5);
    }

    private static void roundToFloat(double @Nullable [] array) {
        for (int i = 0; array != null && i < array.length; i++) {
            array[i] = (float) array[i];
        }
    }

    private static void compare(
            String what,
            List<? extends double @Nullable []> expected,
            List<? extends double @Nullable []> actual,
            double tolerance) {
        assertEquals(expected.size(), actual.size(), what);
        for (int i = 0; i < expected.size(); i++) {
            double[] wide = expected.get(i);
            double[] narrow = actual.get(i);
            assertEquals(wide == null, narrow == null, what);
            if (wide == null || narrow == null) {
                continue;
            }
            double scale = Math.max(1, Arrays.stream(wide).map(Math::abs).max().orElse(0));
            for (int j = 0; j < wide.length; j++) {
                assertTrue(
                        Math.abs(wide[j] - narrow[j]) <= tolerance * scale,
                        what + " " + i + " element " + j + ": " + wide[j] + " and " + narrow[j]);
            }
        }
    }

    private static double dot(List<double[]> outputs, List<double @Nullable []> cotangents) {
        double sum = 0;
        for (int i = 0; i < outputs.size(); i++) {
            double[] cotangent = cotangents.get(i);
            for (int j = 0; cotangent != null && j < cotangent.length; j++) {
                sum += outputs.get(i)[j] * cotangent[j];
            }
        }
        return sum;
    }

    private static List<double @Nullable []> values(OpCase test) {
        List<double @Nullable []> values = new ArrayList<>();
        for (OpCase.Input input : test.inputs()) {
            values.add(
                    input == null
                            ? null
                            : input.values().stream()
                                    .mapToDouble(Double::doubleValue)
                                    .toArray());
        }
        return values;
    }

    /** Where the elements of an input, row-major as its layout shows them, lie in its array. */
    private static int[] places(OpCase test, int input) {
        OpCase.Input given = test.inputs().get(input);
        assertNotNull(given);
        int[] places = new int[(int) given.layout().shape().elements()];
        int[] sizes = given.layout().shape().toArray();
        for (int j = 0; j < places.length; j++) {
            int rest = j;
            long place = given.layout().offset();
            for (int axis = sizes.length - 1; axis >= 0; axis--) {
                place += rest % sizes[axis] * given.layout().stride(axis);
                rest /= sizes[axis];
            }
            places[j] = (int) place;
        }
        return places;
    }
}
