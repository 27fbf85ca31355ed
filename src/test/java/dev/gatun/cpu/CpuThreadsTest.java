package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gatun.backend.Backend;
import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.Workbench;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Whatever the number of threads, every bit is the same. Products, recurrent stacks, attention and optimisers have tests of their
 * own; sizes here are such that all threads have work.
 */
class CpuThreadsTest {
    private static final int ROWS = 300;
    private static final int COLUMNS = 501;
    private static final Shape MATRIX = Shape.of(ROWS, COLUMNS);

    interface Case {
        /** Runs an operation on a matrix of numbers, and names the views it has written. */
        List<View> run(Backend backend, Workbench bench, View x);
    }

    record Named(String name, Case run) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Arguments> cases() {
        return Stream.of(
                        new Named("unary", CpuThreadsTest::unary),
                        new Named("reduce", CpuThreadsTest::reduce),
                        new Named("softmax", CpuThreadsTest::softmax),
                        new Named("layer norm", (backend, bench, _) -> layerNorm(backend, bench)),
                        new Named("cross entropy", CpuThreadsTest::crossEntropy),
                        new Named("scatter", CpuThreadsTest::scatter),
                        new Named("random", CpuThreadsTest::random))
                .flatMap(each -> Stream.of(KernelChoice.scalar("test"), KernelChoice.of("vector", null))
                        .map(kernels -> Arguments.of(each, kernels)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void changeNothing(Named operation, KernelChoice kernels) {
        double[][] alone = run(operation.run, CpuBackend.create(kernels, 1));
        for (int threads : new int[] {2, 3, 7}) {
            double[][] shared = run(operation.run, CpuBackend.create(kernels, threads));
            for (int i = 0; i < alone.length; i++) {
                assertArrayEquals(alone[i], shared[i], operation + ", output " + i + " of " + threads + " threads");
            }
        }
    }

    private static double[][] run(Case operation, Backend backend) {
        try (Workbench bench = new Workbench(backend)) {
            View x = bench.view(DType.F32, MATRIX, Workbench.numbers(MATRIX.elements(), 3, 1));
            return operation.run(backend, bench, x).stream().map(bench::read).toArray(double[][]::new);
        }
    }

    private static List<View> unary(Backend backend, Workbench bench, View x) {
        View y = bench.blank(DType.F32, MATRIX);
        backend.elementwise().unary(UnaryFunction.GELU, x, y);
        return List.of(y);
    }

    private static List<View> reduce(Backend backend, Workbench bench, View x) {
        List<View> sums = Stream.of(Shape.of(1, 1), Shape.of(1, COLUMNS), Shape.of(ROWS, 1))
                .map(shape -> bench.blank(DType.F32, shape))
                .toList();
        sums.forEach(sum -> backend.reduction().reduce(Reduction.SUM, x, sum));
        return sums;
    }

    private static List<View> softmax(Backend backend, Workbench bench, View x) {
        View y = bench.blank(DType.F32, MATRIX);
        View dx = bench.blank(DType.F32, MATRIX);
        backend.reduction().softmax(x, y);
        backend.reduction().softmaxBackward(y, x, dx);
        return List.of(y, dx);
    }

    /** So large that the totals of the parameters' gradients, too, are several tasks. */
    private static List<View> layerNorm(Backend backend, Workbench bench) {
        Shape shape = Shape.of(2_000, 1_030);
        Shape row = Shape.of(shape.size(1));
        View x = bench.view(DType.F32, shape, Workbench.numbers(shape.elements(), 3, 1));
        View y = bench.blank(DType.F32, shape);
        View mean = bench.blank(DType.F32, Shape.of(shape.size(0)));
        View rstd = bench.blank(DType.F32, Shape.of(shape.size(0)));
        View dx = bench.blank(DType.F32, shape);
        View dweight = bench.blank(DType.F32, row);
        View dbias = bench.blank(DType.F32, row);
        backend.normalization().layerNorm(x, null, null, 1e-5, y, mean, rstd);
        backend.normalization().layerNormBackward(x, null, mean, rstd, y, dx, dweight, dbias);
        return List.of(y, mean, rstd, dx, dweight, dbias);
    }

    private static List<View> crossEntropy(Backend backend, Workbench bench, View x) {
        double[] classes = new double[ROWS];
        Arrays.setAll(classes, i -> i * 37 % COLUMNS);
        View targets = bench.view(DType.I64, Shape.of(ROWS), classes);
        View losses = bench.blank(DType.F32, Shape.of(ROWS));
        View weights = bench.blank(DType.F32, Shape.of(ROWS));
        View logSumExp = bench.blank(DType.F32, Shape.of(ROWS));
        View dx = bench.blank(DType.F32, MATRIX);
        CrossEntropyRule rule = new CrossEntropyRule(-100, 0.1);
        backend.loss().crossEntropy(x, targets, null, rule, losses, weights, logSumExp);
        backend.loss().crossEntropyBackward(x, targets, null, rule, logSumExp, losses, dx);
        return List.of(losses, logSumExp, dx);
    }

    private static List<View> scatter(Backend backend, Workbench bench, View x) {
        double[] rows = new double[ROWS];
        Arrays.setAll(rows, i -> i * i % 7);
        View table = bench.view(DType.F32, Shape.of(7, COLUMNS), new double[7 * COLUMNS]);
        backend.index().scatterAdd(x, bench.view(DType.I32, Shape.of(ROWS), rows), -1, table);
        return List.of(table);
    }

    private static List<View> random(Backend backend, Workbench bench, View x) {
        View uniform = bench.blank(DType.F32, MATRIX);
        View normal = bench.blank(DType.F32, MATRIX);
        View dropped = bench.blank(DType.F32, MATRIX);
        RandomStream stream = new RandomStream(1, 2);
        backend.random().uniform(stream, -1, 1, uniform);
        backend.random().normal(stream, 0, 1, normal);
        backend.random().dropout(stream, 0.3, x, dropped);
        return List.of(uniform, normal, dropped);
    }
}
