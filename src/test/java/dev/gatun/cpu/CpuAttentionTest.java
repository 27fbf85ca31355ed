package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.Precision;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.Workbench;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class CpuAttentionTest {
    private static final AttentionCall CAUSAL_DROPOUT = new AttentionCall(0.3, true, 0.2, new RandomStream(5, 6));
    private static final AttentionCall PLAIN = new AttentionCall(0.3, false, 0, null);

    static Stream<KernelChoice> kernels() {
        return Stream.of(KernelChoice.scalar("test"), KernelChoice.of("vector", null));
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void threadsChangeNoBit(KernelChoice kernels) {
        for (AttentionCall call : List.of(PLAIN, CAUSAL_DROPOUT)) {
            List<double[]> alone = run(CpuBackend.create(kernels, 1), call);
            for (int threads : new int[] {2, 3, 7}) {
                List<double[]> shared = run(CpuBackend.create(kernels, threads), call);
                for (int i = 0; i < alone.size(); i++) {
                    assertArrayEquals(alone.get(i), shared.get(i), "result " + i + " on " + threads + " threads");
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void askingForWeightsChangesNoBit(KernelChoice kernels) {
        AttentionCall asking = new AttentionCall(0.3, false, 0, null, true, null, Precision.F32);
        CpuBackend backend = CpuBackend.create(kernels, 2);
        try (Workbench bench = new Workbench(backend)) {
            View q = operand(bench, 2, 37, 24, 1);
            View k = operand(bench, 2, 67, 24, 2);
            View v = operand(bench, 2, 67, 40, 3);
            View alone = bench.blank(DType.F32, Shape.of(1, 2, 37, 40));
            View beside = bench.blank(DType.F32, alone.shape());
            View weights = bench.blank(DType.F32, Shape.of(1, 2, 37, 67));
            backend.attention().forward(PLAIN, q, k, v, null, null, alone, null, null);
            backend.attention().forward(asking, q, k, v, null, null, beside, weights, null);
            assertArrayEquals(bench.read(alone), bench.read(beside));
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void largeScoresHaveTheirLogSumExp(KernelChoice kernels) {
        CpuBackend backend = CpuBackend.create(kernels, 1);
        Shape shape = Shape.of(1, 1, 2, 1);
        AttentionCall call = new AttentionCall(1, false, 0, null);
        try (Workbench bench = new Workbench(backend)) {
            View q = bench.view(DType.F32, shape, 3e4, -3e4);
            View k = bench.view(DType.F32, shape, 1, 2);
            View y = bench.blank(DType.F32, shape);
            View logSumExp = bench.blank(DType.F32, Shape.of(1, 1, 2));
            backend.attention().forward(call, q, k, k, null, null, y, null, logSumExp.storage());
            assertArrayEquals(new double[] {6e4, -3e4}, bench.read(logSumExp));
        }
    }

    /// Of a query whose scores overflow nothing reaches the gradients of keys that it cannot see.
    @Test
    void nothingOfARowReachesWhatItCannotSee() {
        AttentionCall causal = new AttentionCall(10, true, 0, null);
        CpuBackend backend = CpuBackend.create(KernelChoice.of("vector", null), 1);
        Shape shape = Shape.of(1, 1, 128, 8);
        int row = 3;
        double[] queries = Workbench.numbers(shape.elements(), 1, 1);
        double[] keys = Workbench.numbers(shape.elements(), 1, 2);
        Arrays.fill(queries, row * 8, row * 8 + 8, 0);
        queries[row * 8] = 3e38;
        keys[0] = 1;
        try (Workbench bench = new Workbench(backend)) {
            View q = bench.view(DType.F32, shape, queries);
            View k = bench.view(DType.F32, shape, keys);
            View y = bench.blank(DType.F32, k.shape());
            View logSumExp = bench.blank(DType.F32, Shape.of(1, 1, 128));
            View[] d = {
                bench.blank(DType.F32, k.shape()), bench.blank(DType.F32, k.shape()), bench.blank(DType.F32, k.shape())
            };
            backend.attention().forward(causal, q, k, k, null, null, y, null, logSumExp.storage());
            backend.attention()
                    .backward(causal, q, k, k, null, null, y, logSumExp.storage(), k, null, d[0], d[1], d[2]);
            for (View each : new View[] {d[1], d[2]}) {
                double[] gradient = bench.read(each);
                assertTrue(Double.isNaN(gradient[0]));
                for (int i = (row + 1) * 8; i < gradient.length; i++) {
                    assertTrue(Double.isFinite(gradient[i]), "element " + i);
                }
            }
        }
    }

    /// Enough work for every thread, in one head and in several.
    private static List<double[]> run(CpuBackend backend, AttentionCall call) {
        List<double[]> results = new ArrayList<>();
        for (int heads : new int[] {1, 5}) {
            try (Workbench bench = new Workbench(backend)) {
                View q = operand(bench, heads, 230, 24, 1);
                View k = operand(bench, heads, 410, 24, 2);
                View v = operand(bench, heads, 410, 40, 3);
                View dy = operand(bench, heads, 230, 40, 4);
                View y = bench.blank(DType.F32, dy.shape());
                View logSumExp = bench.blank(DType.F32, Shape.of(1, heads, 230));
                View[] gradients = {
                    bench.blank(DType.F32, q.shape()),
                    bench.blank(DType.F32, k.shape()),
                    bench.blank(DType.F32, v.shape())
                };
                backend.attention().forward(call, q, k, v, null, null, y, null, logSumExp.storage());
                backend.attention()
                        .backward(
                                call,
                                q,
                                k,
                                v,
                                null,
                                null,
                                y,
                                logSumExp.storage(),
                                dy,
                                null,
                                gradients[0],
                                gradients[1],
                                gradients[2]);
                results.add(bench.read(y));
                results.add(bench.read(logSumExp));
                Stream.of(gradients).map(bench::read).forEach(results::add);
            }
        }
        return results;
    }

    /// Interpreted at first, compiled in the end; each choice of kernels has code of its own.
    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void compilationChangesNoBit(int bits) {
        CpuBackend backend = CpuBackend.create(KernelChoice.vector(bits, "test"), 1);
        try (Workbench bench = new Workbench(backend)) {
            View q = operand(bench, 64, 5, 3, 1);
            View k = operand(bench, 64, 7, 3, 2);
            View v = operand(bench, 64, 7, 3, 3);
            View y = bench.blank(DType.F32, q.shape());
            View logSumExp = bench.blank(DType.F32, Shape.of(1, 64, 5));
            double[] first = null;
            for (int i = 0; i < 300; i++) {
                backend.attention().forward(PLAIN, q, k, v, null, null, y, null, logSumExp.storage());
                double[] now = bench.read(y);
                first = first == null ? now : first;
                assertArrayEquals(first, now, "call " + i);
            }
        }
    }

    private static View operand(Workbench bench, int heads, int steps, int size, int seed) {
        Shape shape = Shape.of(1, heads, steps, size);
        return bench.view(DType.F32, shape, Workbench.numbers(shape.elements(), 1, seed));
    }

    @Test
    void scoresOfAllQueriesNeverStandInMemoryTogether() {
        CpuBackend backend = CpuBackend.create(KernelChoice.of("vector", null), 2);
        int steps = 2000;
        try (Workbench bench = new Workbench(backend)) {
            View q = operand(bench, 2, steps, 8, 1);
            View y = bench.blank(DType.F32, q.shape());
            View logSumExp = bench.blank(DType.F32, Shape.of(1, 2, steps));
            View gradient = bench.blank(DType.F32, q.shape());
            long before = backend.memory().usage().peak();
            backend.attention().forward(PLAIN, q, q, q, null, null, y, null, logSumExp.storage());
            backend.attention()
                    .backward(
                            PLAIN, q, q, q, null, null, y, logSumExp.storage(), y, null, gradient, gradient, gradient);
            long scratch = backend.memory().usage().peak() - before;
            assertTrue(scratch < steps * (long) steps, scratch + " bytes of scratch");
        }
    }

    @Test
    void laterCallsTakeNothingFromTheSystem() {
        CpuBackend backend = CpuBackend.create(KernelChoice.of("vector", null), 3);
        run(backend, CAUSAL_DROPOUT);
        long before = backend.memory().usage().systemAllocations();
        for (int i = 0; i < 3; i++) {
            run(backend, CAUSAL_DROPOUT);
        }
        assertEquals(before, backend.memory().usage().systemAllocations());
    }
}
