package dev.gatun.golden;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.layout.Shape;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.GELU;
import dev.gatun.nn.Layer;
import dev.gatun.nn.LayerNorm;
import dev.gatun.nn.Linear;
import dev.gatun.nn.PositionalEncoding;
import dev.gatun.nn.ReLU;
import dev.gatun.nn.SiLU;
import dev.gatun.nn.Sigmoid;
import dev.gatun.nn.Tanh;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Linear layers, embeddings, layer norms, activations and positional encodings against PyTorch's: outputs and all
/// gradients.
@ExtendWith(MemoryLeakExtension.class)
class LayerGoldenTest {
    static Stream<String> cases() {
        return Stream.of("linear", "embedding", "layer-norm", "activation", "positional-encoding")
                .map(GoldenCase::family)
                .flatMap(List::stream);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void agreesWithPyTorch(String path) {
        verify(path, Device.cpu());
    }

    @ParameterizedTest
    @MethodSource("cases")
    void scalarKernelsAgreeWithPyTorch(String path) {
        GoldenRun.onScalarKernels(device -> verify(path, device));
    }

    @ParameterizedTest
    @MethodSource("cases")
    @CudaTest
    void cudaAgreesWithPyTorch(String path) {
        GoldenRun.onCuda(device -> verify(path, device));
    }

    private static void verify(String path, Device device) {
        try (GoldenCase golden = GoldenCase.open(path)) {
            switch (golden.module()) {
                case "Softmax" -> GoldenRun.verify(golden, device, in -> Map.of("y", Functional.softmax(in.get("x"))));
                case "LogSoftmax" ->
                    GoldenRun.verify(golden, device, in -> Map.of("y", Functional.logSoftmax(in.get("x"))));
                default -> {
                    try (Layer layer = layer(golden, device)) {
                        GoldenRun.verify(golden, device, layer, in -> Map.of("y", layer.forward(in.get("x"))));
                    }
                }
            }
        }
    }

    private static Layer layer(GoldenCase golden, Device device) {
        return switch (golden.module()) {
            case "Linear" -> {
                Linear.Config config = Linear.config(golden.integer("in_features"), golden.integer("out_features"));
                yield new Linear(golden.flag("bias") ? config : config.withoutBias(), device);
            }
            case "Embedding" -> {
                Embedding.Config config =
                        Embedding.config(golden.integer("num_embeddings"), golden.integer("embedding_dim"));
                boolean pads = golden.has("padding_idx");
                yield new Embedding(pads ? config.paddingIndex(golden.integer("padding_idx")) : config, device);
            }
            case "LayerNorm" -> new LayerNorm(layerNorm(golden), device);
            case "PositionalEncoding" ->
                new PositionalEncoding(PositionalEncoding.sinusoidal(golden.integer("d_model"), 12), device);
            case "ReLU" -> new ReLU();
            case "GELU" -> new GELU(golden.text("approximate").equals("tanh") ? GELU.Form.TANH : GELU.Form.ERF);
            case "SiLU" -> new SiLU();
            case "Tanh" -> new Tanh();
            case "Sigmoid" -> new Sigmoid();
            default -> throw new AssertionError(golden.module());
        };
    }

    private static LayerNorm.Config layerNorm(GoldenCase golden) {
        LayerNorm.Affine affine = !golden.flag("elementwise_affine")
                ? LayerNorm.Affine.NONE
                : golden.flag("bias") ? LayerNorm.Affine.WEIGHT_AND_BIAS : LayerNorm.Affine.WEIGHT;
        Shape features = Shape.of(golden.integers("normalized_shape"));
        return new LayerNorm.Config(features, golden.number("eps"), affine);
    }
}
