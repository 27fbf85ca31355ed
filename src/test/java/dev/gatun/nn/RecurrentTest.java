package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.BiasMode;
import dev.gatun.backend.CellType;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

@ExtendWith(MemoryLeakExtension.class)
class RecurrentTest {
    private static final Device CPU = Device.cpu();

    /** One after the other: each test closes the module that it is given. */
    static Stream<Recurrent> modules() {
        Generator generator = Generator.seeded(3);
        Stream<Supplier<Recurrent>> made = Stream.of(
                () -> new LSTM(LSTM.config(5, 7).layers(2).bidirectional().dropout(0.5), CPU, generator),
                () -> new LSTM(
                        LSTM.config(5, 9)
                                .projection(7)
                                .clip(0.5)
                                .layers(2)
                                .bidirectional()
                                .dropout(0.5),
                        CPU,
                        generator),
                () -> new GRU(GRU.config(5, 7).layers(2).bidirectional().dropout(0.5), CPU, generator),
                () -> new GRU(
                        GRU.config(5, 7).layers(2).bidirectional().dropout(0.5).resetBefore(), CPU, generator),
                () -> new RNN(RNN.config(5, 7).layers(2).bidirectional().dropout(0.5), CPU, generator));
        return made.map(Supplier::get);
    }

    private static Tensor input(long seed, int... sizes) {
        return Tensor.normal(CPU, Generator.seeded(seed), DType.F32, Shape.of(sizes), 0, 1);
    }

    @Test
    void parameterCountsArePyTorchs() {
        assertCount(3_100, new RNN(RNN.config(10, 50), CPU));
        assertCount(12_400, new LSTM(LSTM.config(10, 50), CPU));
        assertCount(9_300, new GRU(GRU.config(10, 50), CPU));
        assertCount(7_400, new LSTM(LSTM.config(10, 50).projection(20), CPU));
        assertCount(2_367_488, new LSTM(LSTM.config(128, 256).layers(2).bidirectional(), CPU));
    }

    @Test
    void parameterCountsWithOneBiasAreTheClassicOnes() {
        assertCount(3_050, new RNN(RNN.config(10, 50).bias(BiasMode.SINGLE), CPU));
        assertCount(12_200, new LSTM(LSTM.config(10, 50).bias(BiasMode.SINGLE), CPU));
        assertCount(9_150, new GRU(GRU.config(10, 50).bias(BiasMode.SINGLE), CPU));
    }

    private static void assertCount(long expected, Recurrent module) {
        try (module) {
            assertEquals(expected, module.parameterCount());
        }
    }

    @Test
    void parametersAreNamedAsInPyTorch() {
        try (LSTM lstm = new LSTM(LSTM.config(3, 4).layers(2).bidirectional(), CPU)) {
            List<String> names = lstm.namedParameters().entrySet().stream()
                    .map(entry -> entry.getKey() + " " + entry.getValue().shape())
                    .toList();
            assertEquals(
                    List.of(
                            "weight_ih_l0 [16, 3]",
                            "weight_hh_l0 [16, 4]",
                            "bias_ih_l0 [16]",
                            "bias_hh_l0 [16]",
                            "weight_ih_l0_reverse [16, 3]",
                            "weight_hh_l0_reverse [16, 4]",
                            "bias_ih_l0_reverse [16]",
                            "bias_hh_l0_reverse [16]",
                            "weight_ih_l1 [16, 8]",
                            "weight_hh_l1 [16, 4]",
                            "bias_ih_l1 [16]",
                            "bias_hh_l1 [16]",
                            "weight_ih_l1_reverse [16, 8]",
                            "weight_hh_l1_reverse [16, 4]",
                            "bias_ih_l1_reverse [16]",
                            "bias_hh_l1_reverse [16]"),
                    names);
        }
    }

    @Test
    void projectionsAreNamedAsInPyTorch() {
        LSTM.Config config = LSTM.config(3, 4).projection(2).layers(2).bias(BiasMode.NONE);
        try (LSTM lstm = new LSTM(config.bidirectional(), CPU)) {
            List<String> names = lstm.namedParameters().entrySet().stream()
                    .map(entry -> entry.getKey() + " " + entry.getValue().shape())
                    .toList();
            assertEquals(
                    List.of(
                            "weight_ih_l0 [16, 3]",
                            "weight_hh_l0 [16, 2]",
                            "weight_hr_l0 [2, 4]",
                            "weight_ih_l0_reverse [16, 3]",
                            "weight_hh_l0_reverse [16, 2]",
                            "weight_hr_l0_reverse [2, 4]",
                            "weight_ih_l1 [16, 4]",
                            "weight_hh_l1 [16, 2]",
                            "weight_hr_l1 [2, 4]",
                            "weight_ih_l1_reverse [16, 4]",
                            "weight_hh_l1_reverse [16, 2]",
                            "weight_hr_l1_reverse [2, 4]"),
                    names);
        }
    }

    @Test
    void aProjectionNarrowsOutputsAndHiddenStatesOnly() {
        try (LSTM lstm = new LSTM(LSTM.config(5, 7).projection(3).layers(2).bidirectional(), CPU);
                Scope _ = Scope.open()) {
            RecurrentOutput output = lstm.forward(input(5, 2, 6, 5));
            assertEquals(Shape.of(2, 6, 6), output.sequence().shape());
            assertEquals(Shape.of(4, 2, 3), output.state().hidden().shape());
            assertNotNull(output.state().cell());
            assertEquals(Shape.of(4, 2, 7), output.state().cell().shape());
            assertEquals(Shape.of(2, 6), output.last().shape());
        }
    }

    @Test
    void parametersStartUniformByHiddenSize() {
        try (GRU gru = new GRU(GRU.config(30, 25), CPU, Generator.seeded(1))) {
            gru.namedParameters().forEach((name, parameter) -> {
                float[] values = parameter.toFloats();
                double largest = IntStream.range(0, values.length)
                        .mapToDouble(i -> Math.abs(values[i]))
                        .max()
                        .orElseThrow();
                assertTrue(largest <= 0.2 && largest > 0.18, name + " reaches " + largest);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("modules")
    void lastIsTheOutputAtEachLengthAndAtTheStart(Recurrent module) {
        int[] lengths = {3, 6, 1};
        try (module;
                Scope _ = Scope.open()) {
            RecurrentOutput output = module.forward(input(1, 3, 6, 5), lengths);
            Tensor last = output.last();
            assertEquals(Shape.of(3, 14), last.shape());
            for (int i = 0; i < 3; i++) {
                Tensor sequence = output.sequence().slice(0, i, i + 1);
                float[] end = sequence.slice(1, lengths[i] - 1, lengths[i])
                        .slice(2, 0, 7)
                        .reshape(7)
                        .toFloats();
                float[] start =
                        sequence.slice(1, 0, 1).slice(2, 7, 14).reshape(7).toFloats();
                float[] row = last.slice(0, i, i + 1).reshape(14).toFloats();
                assertArrayEquals(end, Arrays.copyOfRange(row, 0, 7));
                assertArrayEquals(start, Arrays.copyOfRange(row, 7, 14));
            }
        }
    }

    @Test
    void stateCarriesOn() {
        assertCarriesOn(LSTM.config(5, 7).layers(2));
        assertCarriesOn(LSTM.config(5, 7).layers(2).projection(3).clip(0.125));
    }

    private static void assertCarriesOn(LSTM.Config config) {
        try (LSTM lstm = new LSTM(config, CPU, Generator.seeded(4));
                Scope _ = Scope.open()) {
            Tensor x = input(2, 3, 8, 5);
            RecurrentOutput whole = lstm.forward(x);
            RecurrentState state = null;
            long flat = 0;
            for (int step = 0; step < 8; step++) {
                try (Scope inner = Scope.open()) {
                    Tensor one = x.slice(1, step, step + 1);
                    RecurrentOutput output = state == null ? lstm.forward(one) : lstm.forward(one, state);
                    assertArrayEquals(
                            whole.sequence().slice(1, step, step + 1).toFloats(),
                            output.sequence().toFloats());
                    state = inner.replace(state, output.state());
                }
                long used = CPU.memory().inUse();
                assertTrue(step == 0 || used == flat, "memory grew to " + used);
                flat = used;
            }
            assertNotNull(state);
            assertArrayEquals(whole.state().hidden().toFloats(), state.hidden().toFloats());
        }
    }

    @ParameterizedTest
    @MethodSource("modules")
    void stepsTakeNothingFromTheSystemAfterTheFirst(Recurrent module) {
        try (module) {
            long warm = 0;
            for (int step = 0; step < 20; step++) {
                try (Tape tape = Tape.record(Generator.seeded(step))) {
                    Tensor loss = module.forward(input(6, 3, 6, 5), new int[] {6, 0, 4})
                            .last()
                            .square()
                            .mean();
                    tape.gradients(loss, module.parameters());
                }
                long allocations = CPU.memory().systemAllocations();
                assertTrue(step < 2 || allocations == warm, "step " + step + " took memory from the system");
                warm = allocations;
            }
        }
    }

    @ParameterizedTest
    @MethodSource("modules")
    void dropsOnlyWhileATapeIsOpen(Recurrent module) {
        try (module;
                Scope _ = Scope.open()) {
            Tensor x = input(3, 4, 6, 5);
            float[] plain = module.forward(x).sequence().toFloats();
            assertArrayEquals(plain, module.forward(x).sequence().toFloats());
            float[] first = recorded(module, x, 1);
            assertTrue(!Arrays.equals(plain, first), "nothing was dropped");
            assertArrayEquals(first, recorded(module, x, 1));
            assertTrue(!Arrays.equals(first, recorded(module, x, 2)), "two seeds dropped the same");
        }
    }

    private static float[] recorded(Recurrent module, Tensor x, long seed) {
        try (Tape _ = Tape.record(Generator.seeded(seed))) {
            return module.forward(x).sequence().toFloats();
        }
    }

    @ParameterizedTest
    @MethodSource("modules")
    void threadsAgree(Recurrent module) throws Exception {
        Callable<float[]> task = () -> {
            try (Scope _ = Scope.open()) {
                return module.forward(input(4, 9, 12, 5)).sequence().toFloats();
            }
        };
        try (module;
                var threads = Executors.newFixedThreadPool(8)) {
            float[] alone = task.call();
            for (Future<float[]> each :
                    threads.invokeAll(IntStream.range(0, 32).mapToObj(i -> task).toList())) {
                assertArrayEquals(alone, each.get());
            }
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (LSTM lstm = new LSTM(LSTM.config(5, 7), CPU);
                GRU gru = new GRU(GRU.config(5, 7), CPU);
                Scope _ = Scope.open()) {
            Tensor x = Tensor.zeros(CPU, 3, 6, 5);
            Tensor state = Tensor.zeros(CPU, 1, 3, 7);
            assertRefused(
                    "lstm: input must be [batch, steps, 5], was given [3, 6, 4]",
                    () -> lstm.forward(Tensor.zeros(CPU, 3, 6, 4)));
            assertRefused(
                    "gru: input must be [batch, steps, 5], was given [3, 5]",
                    () -> gru.forward(Tensor.zeros(CPU, 3, 5)));
            assertRefused("lstm: 2 lengths for a batch of 3", () -> lstm.forward(x, new int[] {1, 2}));
            assertRefused(
                    "lstm: lengths must be from 0 to 6, the steps of the input; was given [1, 7, 2]",
                    () -> lstm.forward(x, new int[] {1, 7, 2}));
            assertRefused(
                    "lstm: lengths must be from 0 to 6, the steps of the input; was given [1, -1, 2]",
                    () -> lstm.forward(x, new int[] {1, -1, 2}));
            assertRefused(
                    "lstm: the initial state needs both h0 and c0, or neither",
                    () -> lstm.forward(x, new RecurrentState(state, null)));
            assertRefused(
                    "gru: was given c0, but only an LSTM has a cell state",
                    () -> gru.forward(x, new RecurrentState(state, state)));
            assertRefused(
                    "gru: h0 must be F32 [1, 3, 7], was given F32 [2, 3, 7]",
                    () -> gru.forward(x, new RecurrentState(Tensor.zeros(CPU, 2, 3, 7), null)));
        }
        try (LSTM lstm = new LSTM(LSTM.config(5, 7).projection(3), CPU);
                Scope _ = Scope.open()) {
            Tensor x = Tensor.zeros(CPU, 2, 6, 5);
            Tensor narrow = Tensor.zeros(CPU, 1, 2, 3);
            Tensor wide = Tensor.zeros(CPU, 1, 2, 7);
            assertRefused(
                    "lstm: h0 must be F32 [1, 2, 3], was given F32 [1, 2, 7]",
                    () -> lstm.forward(x, new RecurrentState(wide, wide)));
            assertRefused(
                    "lstm: c0 must be F32 [1, 2, 7], was given F32 [1, 2, 3]",
                    () -> lstm.forward(x, new RecurrentState(narrow, narrow)));
        }
    }

    @Test
    void refusesSenselessConfigurations() {
        assertRefused("lstm: inputSize, hiddenSize and layers must be positive: 0, 7, 1", () -> LSTM.config(0, 7));
        assertRefused(
                "gru: inputSize, hiddenSize and layers must be positive: 5, 7, 0",
                () -> GRU.config(5, 7).layers(0));
        assertRefused(
                "rnn: dropout must be in [0, 1): 1.0", () -> RNN.config(5, 7).dropout(1));
        assertRefused(
                "lstm: projection must be from 1 to hiddenSize − 1, or 0 for none: 7, hiddenSize 7",
                () -> LSTM.config(5, 7).projection(7));
        assertRefused(
                "lstm: projection must be from 1 to hiddenSize − 1, or 0 for none: -1, hiddenSize 7",
                () -> LSTM.config(5, 7).projection(-1));
        for (double clip : new double[] {0, -1, Double.NaN}) {
            assertRefused(
                    "lstm: clip must be positive: " + clip,
                    () -> LSTM.config(5, 7).clip(clip));
        }
        assertRefused(
                "gru: has no projection, only an LSTM has: 3",
                () -> GRU.config(5, 7).spec().withProjection(3));
        assertRefused(
                "rnn: has no cell state to clip, only an LSTM has: 1.5",
                () -> RNN.config(5, 7).spec().withClip(1.5));
        assertRefused(
                "gru: has no projection, only an LSTM has: 3",
                () -> LSTM.config(5, 7).projection(3).spec().withCell(CellType.GRU));
        assertRefused(
                "gru: was given the cells of another module, LSTM",
                () -> new GRU.Config(LSTM.config(5, 7).spec()));
    }

    private static void assertRefused(String message, Runnable call) {
        assertEquals(
                message, assertThrows(IllegalArgumentException.class, call::run).getMessage());
    }
}
