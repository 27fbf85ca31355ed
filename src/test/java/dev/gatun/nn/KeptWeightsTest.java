package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.optim.SGD;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A module that was used, so that the CPU keeps its weights packed, and then changed gives what a new one with its weights gives. */
@ExtendWith(MemoryLeakExtension.class)
class KeptWeightsTest {
    private static final Device CPU = Device.cpu();

    @TempDir
    private static Path folder;

    record Kind(String name, int batch, Supplier<Module> maker) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Kind> kinds() {
        return Stream.of(
                new Kind("linear", 2, () -> new Linear(16, 16, CPU)),
                new Kind("rnn", 2, () -> new RNN(RNN.config(16, 20), CPU)),
                new Kind("lstm", 2, () -> new LSTM(LSTM.config(16, 20).layers(2).bidirectional(), CPU)),
                new Kind("gru", 2, () -> new GRU(GRU.config(16, 20), CPU)),
                new Kind("rnn of a batch", 16, () -> new RNN(RNN.config(16, 20), CPU)),
                new Kind(
                        "lstm of a batch",
                        16,
                        () -> new LSTM(LSTM.config(16, 20).bidirectional(), CPU)),
                new Kind("gru of a batch", 17, () -> new GRU(GRU.config(16, 20), CPU)),
                new Kind("rnn of one sequence", 1, () -> new RNN(RNN.config(16, 264), CPU)),
                new Kind(
                        "lstm of one sequence",
                        1,
                        () -> new LSTM(LSTM.config(16, 130).layers(2), CPU)),
                new Kind("gru of one sequence", 1, () -> new GRU(GRU.config(16, 150), CPU)),
                new Kind("attention", 2, () -> new MultiHeadAttention(MultiHeadAttention.config(16, 2), CPU)));
    }

    private static Tensor forward(Module module, Tensor x) {
        return switch (module) {
            case Linear linear -> linear.forward(x);
            case Recurrent recurrent -> recurrent.forward(x).sequence();
            case MultiHeadAttention attention -> attention.forward(x);
            default -> throw new IllegalArgumentException(module.toString());
        };
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void seeAnOptimiserStep(Kind kind) {
        check(kind, module -> {
            Tensor x = input(kind.batch);
            try (Tape tape = Tape.record();
                    SGD optimizer = new SGD(SGD.config(0.5), module.parameters())) {
                Tensor loss = forward(module, x).square().mean();
                optimizer.step(tape.gradients(loss, module.parameters()));
            }
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void seeALoad(Kind kind) {
        check(kind, module -> {
            Path file = folder.resolve(kind + ".safetensors");
            try (Module other = kind.maker.get()) {
                other.save(file);
            }
            module.load(file);
        });
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void seeEveryAssignment(Kind kind) {
        check(
                kind,
                module -> module.parameters().forEach(parameter -> {
                    Tensor values =
                            Tensor.uniform(CPU, Generator.seeded(9), parameter.dtype(), parameter.shape(), -1, 1);
                    parameter.assign(values);
                }));
    }

    /** Both GRUs read the same weights, and add up their biases differently. */
    @Test
    void areOneCellsOwn() {
        RecurrentSpec after = RecurrentSpec.of(CellType.GRU, 16, 20);
        RecurrentSpec before = RecurrentSpec.of(CellType.GRU_RESET_BEFORE, 16, 20);
        Shape size = Shape.of(3 * 20 * (16 + 20 + 2));
        try (Scope _ = Scope.open()) {
            Tensor x = input(16);
            Tensor shared = Tensor.uniform(CPU, Generator.seeded(4), DType.F32, size, -1, 1);
            Tensor own = Tensor.uniform(CPU, Generator.seeded(4), DType.F32, size, -1, 1);
            for (int i = 0; i < 3; i++) {
                Functional.recurrent(after, x, shared, null, null, null);
            }
            float[] expected = Functional.recurrent(before, x, own, null, null, null)
                    .sequence()
                    .toFloats();
            for (int i = 0; i < 3; i++) {
                Tensor sequence = Functional.recurrent(before, x, shared, null, null, null)
                        .sequence();
                assertArrayEquals(expected, sequence.toFloats());
            }
        }
    }

    private static Tensor input(int batch) {
        return Tensor.uniform(CPU, Generator.seeded(3), DType.F32, Shape.of(batch, batch == 1 ? 9 : 3, 16), -1, 1);
    }

    private static void check(Kind kind, Consumer<Module> change) {
        try (Scope _ = Scope.open();
                Module used = kind.maker.get();
                Module fresh = kind.maker.get()) {
            Tensor x = input(kind.batch);
            long loose = CPU.memory().inUse();
            float[] before = {};
            for (int i = 0; i < 3; i++) {
                try (Scope _ = Scope.open()) {
                    before = forward(used, x).toFloats();
                }
            }
            assertTrue(CPU.memory().inUse() > loose, "weights are kept packed");
            try (Scope _ = Scope.open()) {
                change.accept(used);
            }
            assertEquals(loose, CPU.memory().inUse(), "until they change");
            Parameter[] weights = fresh.parameters().toArray(Parameter[]::new);
            for (int i = 0; i < weights.length; i++) {
                weights[i].assign(used.parameters().get(i));
            }
            for (int i = 0; i < 3; i++) {
                try (Scope _ = Scope.open()) {
                    float[] expected = forward(fresh, x).toFloats();
                    assertArrayEquals(expected, forward(used, x).toFloats());
                    assertFalse(Arrays.equals(before, expected), "the change can be seen");
                }
            }
        }
    }
}
