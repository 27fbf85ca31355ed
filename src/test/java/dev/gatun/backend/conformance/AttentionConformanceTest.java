package dev.gatun.backend.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.Backend;
import dev.gatun.backend.Precision;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.AttentionReference.Sizes;
import dev.gatun.backend.conformance.AttentionRun.Mask;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link dev.gatun.backend.AttentionOps} must do. */
public abstract class AttentionConformanceTest {
    private static final DType[] TYPES = {DType.F32, DType.F64};

    /** Single elements, primes, whole and broken vectors, several blocks of queries and of keys. */
    private static final List<Sizes> SIZES = List.of(
            new Sizes(1, 1, 1, 1, 1, 1),
            new Sizes(2, 3, 5, 7, 11, 13),
            new Sizes(3, 2, 16, 16, 8, 16),
            new Sizes(1, 2, 33, 17, 64, 3),
            new Sizes(2, 1, 101, 67, 5, 31),
            new Sizes(1, 1, 67, 401, 3, 2));

    /** The backend under test. */
    protected abstract Backend backend();

    @ParameterizedTest
    @EnumSource
    void attends(Mask mask) {
        for (Sizes sizes : SIZES) {
            for (DType dtype : TYPES) {
                check(sizes, mask, dtype, 0);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void attendsWithDropout(Mask mask) {
        check(new Sizes(2, 3, 5, 7, 11, 13), mask, DType.F64, 0.4);
        check(new Sizes(1, 1, 51, 203, 4, 4), mask, DType.F32, 0.1);
    }

    /** Operands of sizes that tensor cores take, where rounding factors is allowed: results are near, not equal. */
    @ParameterizedTest
    @EnumSource(names = {"NONE", "CAUSAL", "LENGTHS", "CAUSAL_LENGTHS", "LENGTHS_OF_NONE", "BOOLEAN_CAUSAL_PADDING"})
    void attendsWithFactorsRounded(Mask mask) {
        for (Precision precision : Precision.values()) {
            check(new Sizes(3, 2, 16, 21, 8, 16), mask, DType.F32, precision, 0);
            check(new Sizes(2, 1, 9, 16, 16, 8), mask, DType.F64, precision, 0);
        }
    }

    private void check(Sizes sizes, Mask mask, DType dtype, double dropout) {
        check(sizes, mask, dtype, Precision.F32, dropout);
    }

    private void check(Sizes sizes, Mask mask, DType dtype, Precision precision, double dropout) {
        for (boolean hasWeights : new boolean[] {false, true}) {
            try (Workbench bench = new Workbench(backend())) {
                AttentionRun tested =
                        new AttentionRun(backend(), bench, sizes, mask, dtype, precision, dropout, hasWeights);
                tested.checkForward(false);
                tested.checkForward(true);
                tested.checkBackward(hasWeights);
                tested.checkForward(true);
                tested.checkBackward(false);
            }
        }
    }

    @Test
    void withoutKeysThereIsNothingToSee() {
        check(new Sizes(2, 2, 3, 0, 4, 5), Mask.NONE, DType.F32, 0);
        check(new Sizes(2, 2, 3, 0, 4, 5), Mask.PADDING, DType.F64, 0);
        check(new Sizes(2, 2, 3, 0, 4, 5), Mask.CAUSAL, DType.F32, 0.3);
    }

    @Test
    void emptySizesDoNothing() {
        check(new Sizes(0, 2, 3, 4, 5, 6), Mask.PADDING, DType.F32, 0);
        check(new Sizes(2, 0, 3, 4, 5, 6), Mask.NONE, DType.F32, 0);
        check(new Sizes(2, 2, 0, 4, 5, 6), Mask.CAUSAL, DType.F32, 0);
        check(new Sizes(2, 2, 3, 4, 0, 6), Mask.NONE, DType.F64, 0);
        check(new Sizes(2, 2, 3, 4, 5, 0), Mask.NONE, DType.F64, 0);
    }

    @Test
    void referenceHasTheGradientsThatDifferencesGive() {
        Sizes sizes = new Sizes(2, 2, 3, 4, 3, 2);
        double[] q = Workbench.numbers(36, 1, 1);
        double[] k = Workbench.numbers(48, 1, 2);
        double[] v = Workbench.numbers(32, 1, 3);
        double[] dy = Workbench.numbers(24, 1, 4);
        double[] dweights = Workbench.numbers(48, 1, 5);
        double[] padding = {0, 0, 1, 0, 1, 1, 1, 1};
        AttentionReference reference =
                new AttentionReference(sizes, 0.6).causal().padding(padding).dropping(0.3, AttentionRun.STREAM);
        double[][] gradients = reference.run(q, k, v).gradients(q, k, v, dy, dweights);
        double[][] operands = {q, k, v};
        for (int input = 0; input < 3; input++) {
            for (int i = 0; i < operands[input].length; i++) {
                double at = operands[input][i];
                operands[input][i] = at + 1e-5;
                double above = reference.run(q, k, v).objective(dy, dweights);
                operands[input][i] = at - 1e-5;
                double below = reference.run(q, k, v).objective(dy, dweights);
                operands[input][i] = at;
                assertEquals((above - below) / 2e-5, gradients[input][i], 1e-9, "input " + input + ", element " + i);
            }
        }
    }

    @Test
    void largeScoresDoNotOverflow() {
        Shape shape = Shape.of(1, 1, 2, 1);
        for (DType dtype : TYPES) {
            try (Workbench bench = new Workbench(backend())) {
                View q = bench.view(dtype, shape, 3e4, -3e4);
                View k = bench.view(dtype, shape, 1, 2);
                View y = bench.blank(dtype, shape);
                AttentionCall call = new AttentionCall(1, false, 0, null);
                backend().attention().forward(call, q, k, k, null, null, y, null, null);
                assertArrayEquals(new double[] {2, 1}, bench.read(y));
            }
        }
    }

    @Test
    void notANumberStaysInItsRow() {
        for (DType dtype : TYPES) {
            try (Workbench bench = new Workbench(backend())) {
                double[] queries = Workbench.numbers(5 * 8, 1, 1);
                queries[11] = Double.NaN;
                View q = bench.view(dtype, Shape.of(1, 1, 5, 8), queries);
                View k = bench.view(dtype, Shape.of(1, 1, 37, 8), Workbench.numbers(37 * 8, 1, 2));
                View y = bench.blank(dtype, Shape.of(1, 1, 5, 8));
                AttentionCall call = new AttentionCall(0.5, false, 0, null);
                backend().attention().forward(call, q, k, k, null, null, y, null, null);
                double[] result = bench.read(y);
                for (int i = 0; i < result.length; i++) {
                    assertEquals(i / 8 == 1, Double.isNaN(result[i]), "element " + i);
                }
            }
        }
    }
}
