package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.TensorShaping;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MemoryLeakExtension.class)
class TransformerTest {
    private static final Device CPU = Device.cpu();

    private static Tensor numbers(long seed, int... sizes) {
        return Tensor.normal(CPU, Generator.seeded(seed), DType.F32, Shape.of(sizes), 0, 1);
    }

    private static void assertCount(long expected, Module module) {
        try (module) {
            assertEquals(expected, module.parameterCount());
        }
    }

    @Test
    void parameterCountsArePyTorchs() {
        assertCount(1_050_624, new MultiHeadAttention(MultiHeadAttention.config(512, 8), CPU));
        assertCount(
                1_048_576,
                new MultiHeadAttention(MultiHeadAttention.config(512, 8).withoutBias(), CPU));
        assertCount(
                4 * 64 * 64 - 64 * 64 - 64 * 64 + 64 * 32 + 64 * 48 + 4 * 64,
                new MultiHeadAttention(
                        MultiHeadAttention.config(64, 4).keySize(32).valueSize(48), CPU));
        assertCount(3_152_384, new TransformerEncoderLayer(TransformerEncoderLayer.config(512, 8), CPU));
        TransformerEncoderLayer.Config small =
                TransformerEncoderLayer.config(256, 8).feedForward(1024);
        assertCount(789_760, new TransformerEncoderLayer(small, CPU));
        assertCount(
                4 * 789_760 + 512,
                new TransformerEncoder(TransformerEncoder.config(small, 4).finalNorm(), CPU));
    }

    @Test
    void parametersAreNamedAndShapedAsInPyTorch() {
        TransformerEncoderLayer.Config layer =
                TransformerEncoderLayer.config(4, 2).feedForward(6);
        try (var encoder =
                new TransformerEncoder(TransformerEncoder.config(layer, 1).finalNorm(), CPU)) {
            List<String> names = encoder.namedParameters().entrySet().stream()
                    .map(entry -> entry.getKey() + " " + entry.getValue().shape())
                    .toList();
            assertEquals(
                    List.of(
                            "layers.0.self_attn.in_proj_weight [12, 4]",
                            "layers.0.self_attn.in_proj_bias [12]",
                            "layers.0.self_attn.out_proj.weight [4, 4]",
                            "layers.0.self_attn.out_proj.bias [4]",
                            "layers.0.linear1.weight [6, 4]",
                            "layers.0.linear1.bias [6]",
                            "layers.0.linear2.weight [4, 6]",
                            "layers.0.linear2.bias [4]",
                            "layers.0.norm1.weight [4]",
                            "layers.0.norm1.bias [4]",
                            "layers.0.norm2.weight [4]",
                            "layers.0.norm2.bias [4]",
                            "norm.weight [4]",
                            "norm.bias [4]"),
                    names);
        }
    }

    @Test
    void projectionsStartAsPyTorchsDo() {
        try (var attention = new MultiHeadAttention(MultiHeadAttention.config(60, 3), CPU, Generator.seeded(1))) {
            double bound = Math.sqrt(6.0 / (60 + 180));
            double[] weight = attention.namedParameters().get("in_proj_weight").toDoubles();
            assertTrue(Arrays.stream(weight).allMatch(w -> Math.abs(w) <= bound));
            assertTrue(Arrays.stream(weight).anyMatch(w -> Math.abs(w) > 0.99 * bound));
            assertArrayEquals(
                    new double[180],
                    attention.namedParameters().get("in_proj_bias").toDoubles());
            assertArrayEquals(
                    new double[60],
                    attention.namedParameters().get("out_proj.bias").toDoubles());
        }
    }

    @Test
    void configurationsAreChecked() {
        assertEquals(
                "multi_head_attention: size 10 cannot be divided among 3 heads",
                assertThrows(IllegalArgumentException.class, () -> MultiHeadAttention.config(10, 3))
                        .getMessage());
        assertEquals(
                "multi_head_attention: size 10 cannot be divided among 4 heads",
                assertThrows(IllegalArgumentException.class, () -> TransformerEncoderLayer.config(10, 4))
                        .getMessage());
        TransformerEncoderLayer.Config layer = TransformerEncoderLayer.config(8, 2);
        assertEquals(
                "transformer_encoder_layer: dropout must be in [0, 1), was given -0.1",
                assertThrows(IllegalArgumentException.class, () -> layer.dropout(-0.1))
                        .getMessage());
        assertEquals(
                "transformer_encoder: layers must be positive, was given 0",
                assertThrows(IllegalArgumentException.class, () -> TransformerEncoder.config(layer, 0))
                        .getMessage());
    }

    @Test
    void inputsAreChecked() {
        MultiHeadAttention.Config config = MultiHeadAttention.config(4, 2).keySize(6);
        try (var attention = new MultiHeadAttention(config, CPU);
                Scope _ = Scope.open()) {
            Tensor x = numbers(1, 2, 3, 4);
            assertEquals(
                    "multi_head_attention: key must be [batch, steps, 6], was given [2, 3, 4]",
                    assertThrows(ShapeException.class, () -> attention.forward(x))
                            .getMessage());
            assertEquals(
                    "multi_head_attention: query must be [batch, steps, 4], was given [3, 4]",
                    assertThrows(ShapeException.class, () -> attention.forward(numbers(1, 3, 4)))
                            .getMessage());
        }
    }

    /// One tensor in all three roles takes another way through the projections than three equal ones.
    @Test
    void everyWayOfProjectingGivesTheSame() {
        try (var attention = new MultiHeadAttention(MultiHeadAttention.config(12, 3), CPU, Generator.seeded(2));
                Scope _ = Scope.open()) {
            Tensor x = numbers(1, 2, 5, 12);
            AttentionMask none = AttentionMask.NONE;
            double[] self = attention.forward(x).toDoubles();
            Tensor other = x.detach();
            assertArrayEquals(self, attention.forward(x, other, other, none).toDoubles(), 1e-6);
            assertArrayEquals(self, attention.forward(x, other, x, none).toDoubles(), 1e-6);
            assertArrayEquals(
                    self, attention.forwardWithWeights(x, x, x, none).y().toDoubles());
        }
    }

    @Test
    void weightsOfAQueryAddUpToOne() {
        try (var attention = new MultiHeadAttention(MultiHeadAttention.config(12, 3), CPU, Generator.seeded(2));
                Scope _ = Scope.open()) {
            Tensor x = numbers(1, 2, 5, 12);
            AttentionOutput output = attention.forwardWithWeights(x, x, x, AttentionMask.CAUSAL);
            assertEquals(Shape.of(2, 3, 5, 5), output.weights().shape());
            assertEquals(Shape.of(2, 5, 5), output.averageWeights().shape());
            double[] ones = new double[10];
            Arrays.fill(ones, 1);
            assertArrayEquals(ones, output.averageWeights().sum(-1).toDoubles(), 1e-6);
            assertEquals(0, output.weights().select(-2, 1).slice(-1, 2, 5).sum().item());
        }
    }

    @Test
    void aQueryWithoutKeysGetsTheOutputBias() {
        try (var attention = new MultiHeadAttention(MultiHeadAttention.config(4, 2), CPU, Generator.seeded(2));
                Scope _ = Scope.open()) {
            attention.namedParameters().get("out_proj.bias").assign(numbers(5, 4));
            Tensor x = numbers(1, 1, 3, 4);
            AttentionMask mask = AttentionMask.padding(AttentionMask.keyPadding(CPU, 3, 0));
            double[] bias = attention.namedParameters().get("out_proj.bias").toDoubles();
            assertArrayEquals(bias, attention.forward(x, mask).select(1, 1).toDoubles());
        }
    }

    @Test
    void paddingAndLaterStepsDoNotMatter() {
        TransformerEncoderLayer.Config layer =
                TransformerEncoderLayer.config(8, 2).feedForward(16).normFirst().gelu();
        try (var encoder = new TransformerEncoder(TransformerEncoder.config(layer, 2), CPU, Generator.seeded(3));
                Scope _ = Scope.open()) {
            Tensor x = numbers(1, 1, 6, 8);
            Tensor changed = TensorShaping.concat(1, List.of(x.slice(1, 0, 4), numbers(2, 1, 2, 8)));
            AttentionMask padding = AttentionMask.padding(AttentionMask.keyPadding(CPU, 6, 4));
            assertArrayEquals(head(encoder.forward(x, padding)), head(encoder.forward(changed, padding)));
            AttentionMask causal = AttentionMask.CAUSAL;
            assertArrayEquals(head(encoder.forward(x, causal)), head(encoder.forward(changed, causal)));
            assertFalse(Arrays.equals(head(encoder.forward(x)), head(encoder.forward(changed))));
        }
    }

    private static double[] head(Tensor y) {
        return y.slice(1, 0, 4).toDoubles();
    }

    @Test
    void dropoutFollowsTheTapesGenerator() {
        try (var layer = new TransformerEncoderLayer(
                        TransformerEncoderLayer.config(8, 2).feedForward(16).dropout(0.3), CPU, Generator.seeded(3));
                Scope _ = Scope.open()) {
            Tensor x = numbers(1, 2, 5, 8);
            double[] first = trained(layer, x, 1);
            assertArrayEquals(first, trained(layer, x, 1));
            assertFalse(Arrays.equals(first, trained(layer, x, 2)));
            assertArrayEquals(layer.forward(x).toDoubles(), layer.forward(x).toDoubles());
        }
    }

    private static double[] trained(TransformerEncoderLayer layer, Tensor x, long seed) {
        try (Tape tape = Tape.record(Generator.seeded(seed))) {
            Tensor loss = layer.forward(x).square().mean();
            Gradients gradients = tape.gradients(loss, layer.parameters());
            assertEquals(layer.parameters(), gradients.tensors());
            return gradients.of(layer.parameters().getFirst()).toDoubles();
        }
    }
}
