package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(MemoryLeakExtension.class)
class LayerTest {
    private static final Device CPU = Device.cpu();

    private static String refusal(Executable call) {
        return assertThrows(IllegalArgumentException.class, call).getMessage();
    }

    @Test
    void linearStartsAsPyTorchDoes() {
        try (Linear linear = new Linear(Linear.config(100, 50), CPU, Generator.seeded(1))) {
            Parameter weight = linear.namedParameters().get("weight");
            Parameter bias = linear.namedParameters().get("bias");
            assertEquals(Shape.of(50, 100), weight.shape());
            assertEquals(Shape.of(50), bias.shape());
            assertTrue(Arrays.stream(weight.toDoubles()).allMatch(w -> Math.abs(w) <= 0.1));
            assertTrue(Arrays.stream(weight.toDoubles()).anyMatch(w -> Math.abs(w) > 0.099));
            assertTrue(Arrays.stream(bias.toDoubles()).allMatch(w -> Math.abs(w) <= 0.1 && w != 0));
        }
        assertEquals("linear: inputSize must be positive, was given 0", refusal(() -> Linear.config(0, 3)));
        assertEquals("linear: outputSize must be positive, was given -1", refusal(() -> Linear.config(3, -1)));
    }

    @Test
    void linearRefusesOtherSizes() {
        try (Linear linear = new Linear(4, 3, CPU);
                Scope _ = Scope.open()) {
            String message = assertThrows(ShapeException.class, () -> linear.forward(Tensor.ones(CPU, 2, 5)))
                    .getMessage();
            assertEquals("linear: input [2, 5] does not end in the weight's 4 inputs (weight [3, 4])", message);
        }
    }

    @Test
    void embeddingStartsWithZerosAtItsPadding() {
        for (int padding : new int[] {0, 2, 4}) {
            Embedding.Config config = Embedding.config(5, 3).paddingIndex(padding);
            try (Embedding embedding = new Embedding(config, CPU, Generator.seeded(1));
                    Embedding plain = new Embedding(Embedding.config(5, 3), CPU, Generator.seeded(1))) {
                double[] weight = embedding.weight().toDoubles();
                double[] drawn = plain.weight().toDoubles();
                Arrays.fill(drawn, padding * 3, padding * 3 + 3, 0);
                assertArrayEquals(drawn, weight);
            }
        }
        assertEquals(
                "embedding: paddingIndex must be from 0 to 4, or −1 for none, was given 5",
                refusal(() -> Embedding.config(5, 3).paddingIndex(5)));
    }

    @Test
    void layerNormStartsWithOnesAndZeros() {
        try (LayerNorm norm = new LayerNorm(LayerNorm.config(2, 3), CPU)) {
            assertArrayEquals(
                    new double[] {1, 1, 1, 1, 1, 1},
                    norm.namedParameters().get("weight").toDoubles());
            assertArrayEquals(new double[6], norm.namedParameters().get("bias").toDoubles());
        }
        assertEquals(
                "layer_norm: epsilon must be positive, was given -1.0",
                refusal(() -> LayerNorm.config(3).epsilon(-1)));
        assertEquals("layer_norm: features must have elements, was given []", refusal(LayerNorm::config));
    }

    @Test
    void dropoutActsUnderATapeAlone() {
        Dropout dropout = new Dropout(0.25);
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.ones(CPU, 40, 50);
            assertSame(x, dropout.forward(x));
            double[] first = recorded(dropout, x, 3);
            assertArrayEquals(first, recorded(dropout, x, 3));
            assertFalse(Arrays.equals(first, recorded(dropout, x, 4)));
            double kept = Arrays.stream(first).filter(v -> v != 0).count() / 2000.0;
            assertEquals(0.75, kept, 0.04);
            assertTrue(Arrays.stream(first).allMatch(v -> v == 0 || v == (float) (1 / 0.75)));
        }
        assertEquals("dropout: probability must be in [0, 1), was given 1.0", refusal(() -> new Dropout(1)));
        assertEquals("dropout: probability must be in [0, 1), was given NaN", refusal(() -> new Dropout(Double.NaN)));
    }

    private static double[] recorded(Dropout dropout, Tensor x, long seed) {
        try (Tape _ = Tape.record(Generator.seeded(seed))) {
            return dropout.forward(x).toDoubles();
        }
    }

    @Test
    void emptySequentialIsTheIdentity() {
        try (Scope _ = Scope.open();
                Sequential none = new Sequential()) {
            Tensor x = Tensor.ones(CPU, 3);
            assertSame(x, none.forward(x));
        }
    }

    @Test
    void positionalEncodingsCountTheirSteps() {
        PositionalEncoding.Config learned = PositionalEncoding.learned(3, 4);
        try (PositionalEncoding sines = new PositionalEncoding(PositionalEncoding.sinusoidal(3, 4), CPU);
                PositionalEncoding table = new PositionalEncoding(learned, CPU, Generator.seeded(2));
                Scope _ = Scope.open()) {
            assertEquals(0, sines.parameterCount());
            assertEquals(12, table.parameterCount());
            assertTrue(sines.namedParameters().isEmpty());
            double[] weight = table.namedParameters().get("weight").toDoubles();
            Tensor y = table.forward(Tensor.zeros(CPU, 2, 3, 3));
            assertArrayEquals(Arrays.copyOf(weight, 9), y.slice(0, 1, 2).toDoubles());
            assertEquals(
                    "positional_encoding: expected [batch, at most 4 steps, 3], was given [2, 5, 3]",
                    assertThrows(ShapeException.class, () -> sines.forward(Tensor.zeros(CPU, 2, 5, 3)))
                            .getMessage());
        }
    }

    @Test
    void learnedPositionsHaveGradients() {
        try (PositionalEncoding table = new PositionalEncoding(PositionalEncoding.learned(2, 4), CPU);
                Tape tape = Tape.record()) {
            Tensor x = Tensor.normal(CPU, Generator.seeded(1), DType.F32, Shape.of(3, 3, 2), 0, 1);
            Tensor loss = table.forward(x).sum();
            double[] gradient = tape.gradients(loss, table.parameters())
                    .of(table.parameters().getFirst())
                    .toDoubles();
            assertArrayEquals(new double[] {3, 3, 3, 3, 3, 3, 0, 0}, gradient);
        }
    }
}
