package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.CudaTest;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.Explanation;
import dev.gatun.backend.Precision;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.Workbench;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Which way attention goes, and why; that results are right on every way is the conformance suite's. */
@CudaTest
@ExtendWith(MemoryLeakExtension.class)
class CudaAttentionTest {
    private static final String GRAPH = "cuDNN's graph API";
    private static final String MULTI_HEAD = "cuDNN's multi-head attention";
    private static final String BLAS = "cuBLAS and own kernels";
    private static final AttentionCall PLAIN = new AttentionCall(0.5, false, 0, null);
    private static final AttentionCall CAUSAL = new AttentionCall(0.5, true, 0, null);

    private static CudaBackend backend;

    @BeforeAll
    static void open() {
        backend = new CudaBackend(0, 1, new CudaOptions(false, true));
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    private Explanation explain(AttentionCall call, int size) {
        return explain(call, size, 0);
    }

    /** Runs it forward, with padding of the last keys and a mask where asked for, and gives the latest explanation. */
    private Explanation explain(AttentionCall call, int size, int padded) {
        try (Workbench bench = new Workbench(backend)) {
            View padding = null;
            if (padded > 0) {
                double[] flags = new double[8];
                Arrays.fill(flags, 8 - padded, 8, 1);
                padding = bench.view(DType.BOOL, Shape.of(1, 8), flags);
            }
            forward(bench, call, DType.F32, size, padding);
            return backend.explanations().getLast();
        }
    }

    private double[] forward(Workbench bench, AttentionCall call, DType dtype, int size, View padding) {
        Shape shape = Shape.of(1, 2, 8, size);
        View q = bench.view(dtype, shape, Workbench.numbers(shape.elements(), 1, 1));
        View y = bench.blank(dtype, shape);
        View weights = call.hasWeights() ? bench.blank(dtype, Shape.of(1, 2, 8, 8)) : null;
        backend.attention().forward(call, q, q, q, null, padding, y, weights, null);
        return bench.read(y);
    }

    @Test
    void factorsThatMayBeRoundedGoThroughTheGraph() {
        for (Precision precision : new Precision[] {Precision.BF16, Precision.F16}) {
            Explanation explanation = explain(CAUSAL.withPrecision(precision).withKeyLengths(5), 16, 3);
            assertEquals(
                    "attention F32 q [1, 2, 8, 16] k [1, 2, 8, 16] v of 16, causal, padded, in " + precision
                            + ", not recorded",
                    explanation.call());
            assertEquals(GRAPH, explanation.way());
            assertEquals("", explanation.reasons());
            assertEquals(explanation.call() + ": " + GRAPH, explanation.toString());
        }
    }

    @Test
    void exactFactorsGoThroughMultiHeadAttention() {
        Explanation explanation = explain(CAUSAL, 16);
        assertEquals(MULTI_HEAD, explanation.way());
        assertEquals(
                GRAPH + ", because products are computed in F32: Device.allow lets them be in BF16 or F16",
                explanation.reasons());
    }

    @Test
    void whatCudnnRefusesIsSaidInItsWords() {
        Explanation explanation = explain(PLAIN.withPrecision(Precision.BF16), 5);
        assertEquals(MULTI_HEAD, explanation.way());
        assertTrue(explanation.reasons().startsWith(GRAPH + ", because cudnn"), explanation.reasons());
    }

    @Test
    void everythingElseGoesThroughBlas() {
        AttentionCall rounded = PLAIN.withPrecision(Precision.F16);
        assertBlas(rounded.withWeights(), 0, "the weights are asked for");
        assertBlas(rounded, 2, "the host does not know the key padding: give it as AttentionMask.lengths");
        assertBlas(rounded.withKeyLengths(0), 8, "a sequence has no keys");
        AttentionCall dropping =
                new AttentionCall(0.5, false, 0.1, new RandomStream(1, 2)).withPrecision(Precision.F16);
        assertBlas(dropping, 0, "dropout draws the random numbers that every device draws");
    }

    private void assertBlas(AttentionCall call, int padded, String why) {
        Explanation explanation = explain(call, 8, padded);
        assertEquals(BLAS, explanation.way());
        assertEquals(GRAPH + ", because " + why + "; not " + MULTI_HEAD + ", because " + why, explanation.reasons());
    }

    @Test
    void negativeScalesGoThroughBlas() {
        Explanation explanation = explain(new AttentionCall(-0.5, false, 0, null), 8);
        assertEquals(BLAS, explanation.way());
        assertTrue(explanation.reasons().endsWith(MULTI_HEAD + ", because the scale is -0.5"), explanation.reasons());
    }

    @Test
    void factorsAreRoundedWhereAllowedAlone() {
        try (Workbench bench = new Workbench(backend)) {
            double[] exact = forward(bench, PLAIN, DType.F32, 16, null);
            double[] rounded = forward(bench, PLAIN.withPrecision(Precision.BF16), DType.F32, 16, null);
            assertFalse(Arrays.equals(exact, rounded));
            assertArrayEquals(exact, rounded, 0.02);
            double[] wide = forward(bench, PLAIN, DType.F64, 16, null);
            assertArrayEquals(wide, forward(bench, PLAIN.withPrecision(Precision.BF16), DType.F64, 16, null));
        }
    }

    @Test
    void productsAreRoundedOnceThatIsAllowed() {
        assertEquals(Precision.F32, backend.precision());
        try (Workbench bench = new Workbench(backend)) {
            View third = bench.view(DType.F32, Shape.of(1, 1), 1 / 3.0);
            View three = bench.view(DType.F32, Shape.of(1, 1), 3);
            View product = bench.blank(DType.F32, Shape.of(1, 1));
            backend.matrix().matmul(third, three, Epilogue.NONE, product);
            assertEquals(1, bench.read(product)[0], 1e-7);
            for (Precision precision : new Precision[] {Precision.TF32, Precision.BF16, Precision.F16}) {
                backend.allow(precision);
                assertEquals(precision, backend.precision());
                backend.matrix().matmul(third, three, Epilogue.NONE, product);
                assertEquals(1, bench.read(product)[0], 1e-2, precision.name());
            }
        } finally {
            backend.allow(Precision.F32);
        }
    }
}
