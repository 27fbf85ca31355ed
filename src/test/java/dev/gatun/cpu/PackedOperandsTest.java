package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.OptimizerOps.AdamStep;
import dev.gatun.backend.OptimizerOps.RmsPropStep;
import dev.gatun.backend.OptimizerOps.SgdStep;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.Workbench;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Weights stay packed between calls, nobody notices but by the time it takes. */
class PackedOperandsTest {
    private static final int OUTPUTS = 70;
    private static final int INPUTS = 50;
    private static final Shape WEIGHT = Shape.of(OUTPUTS, INPUTS);

    /** A way to change a weight, given other numbers of its shape. */
    interface Write {
        void run(Backend backend, Workbench bench, View weight, View other);
    }

    record Named(String name, Write write) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Named> writes() {
        return Stream.of(
                new Named("memory.write", PackedOperandsTest::overwrite),
                new Named("memory.copy", (on, _, weight, other) -> on.memory().copy(other, weight)),
                new Named("memory.fill", (on, _, weight, _) -> on.memory().fill(weight, 0.5)),
                new Named("unary", (on, _, weight, other) -> on.elementwise().unary(UnaryFunction.TANH, other, weight)),
                new Named(
                        "binary",
                        (on, _, weight, other) -> on.elementwise().binary(BinaryFunction.ADD, weight, other, weight)),
                new Named("affine", (on, _, weight, _) -> on.elementwise().affine(weight, 2, 0, weight)),
                new Named(
                        "accumulate", (on, _, weight, other) -> on.elementwise().accumulate(other, 2, weight)),
                new Named("uniform", (on, _, weight, _) -> on.random().uniform(new RandomStream(1, 0), 0, 1, weight)),
                new Named("softmax", (on, _, weight, other) -> on.reduction().softmax(other, weight)),
                new Named("reduce", PackedOperandsTest::reduceInto),
                new Named("gather", PackedOperandsTest::gatherInto),
                new Named("scatterAdd", PackedOperandsTest::scatterInto),
                new Named("matmul", PackedOperandsTest::multiplyInto),
                new Named("sgd", PackedOperandsTest::sgd),
                new Named("rmsProp", PackedOperandsTest::rmsProp),
                new Named("adam", PackedOperandsTest::adam));
    }

    static Stream<Arguments> writesOnBothKernels() {
        return writes().flatMap(write -> Stream.of(KernelChoice.scalar("test"), KernelChoice.of("vector", null))
                .map(kernels -> Arguments.of(write, kernels)));
    }

    @ParameterizedTest
    @MethodSource("writesOnBothKernels")
    void areNeverStale(Named route, KernelChoice kernels) {
        Backend backend = CpuBackend.create(kernels, 2);
        try (Workbench bench = new Workbench(backend)) {
            View weight = bench.view(DType.F32, WEIGHT, Workbench.numbers(WEIGHT.elements(), 1, 1));
            View other = bench.view(DType.F32, WEIGHT, Workbench.numbers(WEIGHT.elements(), 2, 1));
            View x = bench.view(DType.F32, Shape.of(3, INPUTS), Workbench.numbers(3 * INPUTS, 3, 1));
            View y = bench.blank(DType.F32, Shape.of(3, OUTPUTS));
            long loose = backend.memory().usage().inUse();
            for (int i = 0; i < 3; i++) {
                linear(backend, x, weight, y);
            }
            assertTrue(backend.memory().usage().inUse() > loose, "the weight is kept packed");
            double[] before = bench.read(y);
            route.write.run(backend, bench, weight, other);
            View fresh = bench.view(DType.F32, WEIGHT, bench.read(weight));
            for (int i = 0; i < 3; i++) {
                linear(backend, x, fresh, y);
                double[] expected = bench.read(y);
                linear(backend, x, weight, y);
                assertArrayEquals(expected, bench.read(y), "product " + i + " after the write");
                assertFalse(Arrays.equals(before, expected), "the write changed something");
            }
        }
    }

    private static void linear(Backend backend, View x, View weight, View y) {
        View transposed = weight.with(weight.layout().transpose(0, 1));
        backend.matrix().matmul(x, transposed, Epilogue.NONE, y);
    }

    private static void overwrite(Backend backend, Workbench bench, View weight, View other) {
        float[] numbers = new float[OUTPUTS * INPUTS];
        Arrays.fill(numbers, 0.25f);
        backend.memory().write(MemorySegment.ofArray(numbers), weight.storage(), weight.byteOffset());
    }

    private static void reduceInto(Backend backend, Workbench bench, View weight, View other) {
        Shape shape = Shape.of(2, OUTPUTS, INPUTS);
        View x = bench.view(DType.F32, shape, Workbench.numbers(shape.elements(), 4, 1));
        View sum = weight.with(
                Layout.contiguous(Shape.of(1, OUTPUTS, INPUTS), weight.layout().offset()));
        backend.reduction().reduce(Reduction.SUM, x, sum);
    }

    private static void gatherInto(Backend backend, Workbench bench, View weight, View other) {
        View indices = bench.view(DType.I32, Shape.of(OUTPUTS), new double[OUTPUTS]);
        backend.index().gather(other, indices, weight);
    }

    private static void scatterInto(Backend backend, Workbench bench, View weight, View other) {
        View indices = bench.view(DType.I32, Shape.of(OUTPUTS), new double[OUTPUTS]);
        backend.index().scatterAdd(other, indices, -1, weight);
    }

    private static void multiplyInto(Backend backend, Workbench bench, View weight, View other) {
        Shape square = Shape.of(INPUTS, INPUTS);
        View factor = bench.view(DType.F32, square, Workbench.numbers(square.elements(), 5, 1));
        backend.matrix().matmul(other, factor, Epilogue.NONE, weight);
    }

    private static void sgd(Backend backend, Workbench bench, View weight, View other) {
        backend.optimizer().sgd(new SgdStep(0.1, 0, 0, 0, false, true), List.of(weight), List.of(other), List.of());
    }

    private static void rmsProp(Backend backend, Workbench bench, View weight, View other) {
        View squares = bench.view(DType.F32, WEIGHT, new double[OUTPUTS * INPUTS]);
        backend.optimizer()
                .rmsProp(
                        new RmsPropStep(0.1, 0.9, 1e-8, 0, 0, false),
                        List.of(weight),
                        List.of(other),
                        List.of(squares),
                        List.of(),
                        List.of());
    }

    private static void adam(Backend backend, Workbench bench, View weight, View other) {
        View means = bench.view(DType.F32, WEIGHT, new double[OUTPUTS * INPUTS]);
        View squares = bench.view(DType.F32, WEIGHT, new double[OUTPUTS * INPUTS]);
        backend.optimizer()
                .adam(
                        new AdamStep(0.1, 0.9, 0.99, 1e-8, 0, false, 1),
                        List.of(weight),
                        List.of(other),
                        List.of(means),
                        List.of(squares));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5})
    void changeNoBit(int threads) {
        Backend backend = CpuBackend.create(KernelChoice.of("vector", null), threads);
        for (int[] size : new int[][] {{1, 8, 8}, {1, 300, 700}, {7, 700, 300}, {40, 65, 513}, {600, 130, 257}}) {
            try (Workbench bench = new Workbench(backend)) {
                Shape shape = Shape.of(size[1], size[2]);
                View weight = bench.view(DType.F32, shape, Workbench.numbers(shape.elements(), 1, 1));
                View bias = bench.view(DType.F32, Shape.of(size[1]), Workbench.numbers(size[1], 2, 1));
                Shape input = Shape.of(size[0], size[2]);
                View x = bench.view(DType.F32, input, Workbench.numbers(input.elements(), 3, 1));
                View y = bench.blank(DType.F32, Shape.of(size[0], size[1]));
                View transposed = weight.with(weight.layout().transpose(0, 1));
                backend.matrix().matmul(x, transposed, Epilogue.bias(bias), y);
                double[] loose = bench.read(y);
                for (int i = 0; i < 3; i++) {
                    backend.memory().fill(y, Double.NaN);
                    backend.matrix().matmul(x, transposed, Epilogue.bias(bias), y);
                    assertArrayEquals(loose, bench.read(y), Arrays.toString(size) + ", call " + (i + 2));
                }
            }
        }
    }

    @Test
    void takeMemoryOnceAndGiveItBackWithTheWeight() {
        Backend backend = CpuBackend.create(KernelChoice.of("vector", null), 2);
        long empty = backend.memory().usage().inUse();
        try (Workbench bench = new Workbench(backend)) {
            View weight = bench.view(DType.F32, WEIGHT, Workbench.numbers(WEIGHT.elements(), 1, 1));
            View x = bench.view(DType.F32, Shape.of(1, INPUTS), Workbench.numbers(INPUTS, 3, 1));
            View y = bench.blank(DType.F32, Shape.of(1, OUTPUTS));
            long loose = backend.memory().usage().inUse();
            linear(backend, x, weight, y);
            assertEquals(loose, backend.memory().usage().inUse(), "used once, nothing is kept");
            linear(backend, x, weight, y);
            long kept = backend.memory().usage().inUse();
            assertTrue(kept > loose, "used twice, it is");
            for (int i = 0; i < 10; i++) {
                linear(backend, x, weight, y);
            }
            assertEquals(kept, backend.memory().usage().inUse());
            backend.memory().fill(weight, 1);
            assertEquals(loose, backend.memory().usage().inUse(), "a write lets it go");
            linear(backend, x, weight, y);
            linear(backend, x, weight, y);
            assertEquals(kept, backend.memory().usage().inUse());
        }
        assertEquals(empty, backend.memory().usage().inUse());
    }

    @Test
    void takeAtMostThreeTimesTheWeightsBytesAndALittle() {
        Backend backend = CpuBackend.create(KernelChoice.of("vector", null), 1);
        try (Workbench bench = new Workbench(backend)) {
            Shape shape = Shape.of(512, 64);
            View weight = bench.view(DType.F32, shape, Workbench.numbers(shape.elements(), 1, 1));
            View x = bench.view(DType.F32, Shape.of(1, 64), Workbench.numbers(64, 3, 1));
            long loose = backend.memory().usage().inUse();
            for (int from = 0; from < 256; from++) {
                View part = weight.with(weight.layout().slice(0, from, from + 256));
                View y = bench.blank(DType.F32, Shape.of(1, 256));
                for (int i = 0; i < 3; i++) {
                    linear(backend, x, part, y);
                }
                loose += 1024 + 2 * 64;
            }
            long bytes = 4 * shape.elements();
            assertTrue(backend.memory().usage().inUse() <= loose + 3 * bytes + (1 << 16) + (1 << 16));
        }
    }

    /** What a product packs while another thread writes is not kept. */
    @Test
    void survivesWritesBesideProducts() throws Exception {
        Backend backend = CpuBackend.create(KernelChoice.of("vector", null), 2);
        try (Workbench bench = new Workbench(backend);
                ExecutorService threads = Executors.newFixedThreadPool(4)) {
            View weight = bench.view(DType.F32, WEIGHT, Workbench.numbers(WEIGHT.elements(), 1, 1));
            View x = bench.view(DType.F32, Shape.of(1, INPUTS), Workbench.numbers(INPUTS, 3, 1));
            View y = bench.blank(DType.F32, Shape.of(1, OUTPUTS));
            for (int round = 1; round <= 50; round++) {
                AtomicBoolean done = new AtomicBoolean();
                List<View> results = Stream.generate(() -> bench.blank(DType.F32, Shape.of(1, OUTPUTS)))
                        .limit(3)
                        .toList();
                var readers = results.stream()
                        .map(result -> threads.submit(() -> {
                            while (!done.get()) {
                                linear(backend, x, weight, result);
                            }
                        }))
                        .toList();
                double value = round;
                for (int i = 0; i < 20; i++) {
                    backend.memory().fill(weight, -i);
                    backend.elementwise().affine(weight, 0, value, weight);
                    backend.memory().fill(weight, value);
                }
                linear(backend, x, weight, y);
                double[] expected = bench.read(y);
                linear(backend, x, weight, y);
                linear(backend, x, weight, y);
                done.set(true);
                for (var reader : readers) {
                    reader.get();
                }
                linear(backend, x, weight, y);
                assertArrayEquals(expected, bench.read(y), "round " + round);
                for (View result : results) {
                    linear(backend, x, weight, result);
                    assertArrayEquals(expected, bench.read(result), "round " + round);
                }
            }
        }
    }
}
