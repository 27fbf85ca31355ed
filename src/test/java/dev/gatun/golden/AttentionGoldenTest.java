package dev.gatun.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.AttentionMask;
import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Tensor;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.DType;
import dev.gatun.nn.AttentionOutput;
import dev.gatun.nn.MultiHeadAttention;
import dev.gatun.nn.TransformerEncoder;
import dev.gatun.nn.TransformerEncoderLayer;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Attention with every mask and form of weights, and the Transformer encoder, against PyTorch's: outputs and all
/// gradients.
@ExtendWith(MemoryLeakExtension.class)
class AttentionGoldenTest {
    static Stream<String> cases() {
        return Stream.of("attention", "dot-product-attention", "encoder-layer", "encoder")
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
                case "MultiheadAttention" -> verifyMultiHead(golden, device);
                case "scaled_dot_product_attention" ->
                    GoldenRun.verify(golden, device, inputs -> Map.of("y", dotProduct(golden, inputs)));
                case "TransformerEncoderLayer" -> {
                    try (var layer = new TransformerEncoderLayer(layer(golden), device)) {
                        GoldenRun.verify(golden, device, layer, inputs -> {
                            AttentionMask mask = mask(golden, inputs, "src_mask", "src_key_padding_mask");
                            return Map.of("y", layer.forward(inputs.get("x"), mask));
                        });
                    }
                }
                case "TransformerEncoder" -> {
                    try (var encoder = new TransformerEncoder(encoder(golden), device)) {
                        GoldenRun.verify(golden, device, encoder, inputs -> {
                            AttentionMask mask = mask(golden, inputs, "src_mask", "src_key_padding_mask");
                            return Map.of("y", encoder.forward(inputs.get("x"), mask));
                        });
                    }
                }
                default -> throw new AssertionError(golden.module());
            }
        }
    }

    private static void verifyMultiHead(GoldenCase golden, Device device) {
        try (var attention = new MultiHeadAttention(multiHead(golden), device)) {
            GoldenRun.verify(golden, device, attention, inputs -> {
                AttentionMask mask = mask(golden, inputs, "attn_mask", "key_padding_mask");
                Tensor query = inputs.get("query");
                Tensor key = inputs.getOrDefault("key", query);
                Tensor value = inputs.getOrDefault("value", query);
                if (!golden.flag("need_weights")) {
                    return Map.of("y", attention.forward(query, key, value, mask));
                }
                AttentionOutput output = attention.forwardWithWeights(query, key, value, mask);
                boolean averaged = golden.flag("average_attn_weights");
                return Map.of("y", output.y(), "weights", averaged ? output.averageWeights() : output.weights());
            });
        }
    }

    private static MultiHeadAttention.Config multiHead(GoldenCase golden) {
        assertEquals(0, golden.number("dropout"));
        MultiHeadAttention.Config config =
                MultiHeadAttention.config(golden.integer("embed_dim"), golden.integer("num_heads"));
        if (golden.has("kdim")) {
            config = config.keySize(golden.integer("kdim"));
        }
        if (golden.has("vdim")) {
            config = config.valueSize(golden.integer("vdim"));
        }
        return golden.flag("bias") ? config : config.withoutBias();
    }

    /// With is_causal PyTorch wants the mask as well; here the flag alone must do.
    private static AttentionMask mask(
            GoldenCase golden, Map<String, Tensor> inputs, String maskName, String paddingName) {
        boolean causal = golden.flag("is_causal");
        Tensor mask = inputs.get(maskName);
        return new AttentionMask(causal, causal ? null : perHead(golden, mask), inputs.get(paddingName));
    }

    /// A mask of three axes is [batch × heads, queries, keys] with PyTorch.
    private static @Nullable Tensor perHead(GoldenCase golden, @Nullable Tensor mask) {
        if (mask == null || mask.rank() == 2) {
            return mask;
        }
        return mask.reshape(-1, golden.integer("num_heads"), mask.size(1), mask.size(2));
    }

    private static Tensor dotProduct(GoldenCase golden, Map<String, Tensor> inputs) {
        Tensor query = inputs.get("query");
        double scale = golden.has("scale") ? golden.number("scale") : 1 / Math.sqrt(query.size(-1));
        Tensor bias = inputs.get("attn_mask");
        if (bias != null && bias.dtype() == DType.BOOL) {
            bias = bias.to(DType.F32).compare(Comparison.EQUAL, 0);
        }
        AttentionMask mask = new AttentionMask(golden.flag("is_causal"), bias, null);
        return Functional.attention(query, inputs.get("key"), inputs.get("value"), mask, scale, 0);
    }

    private static TransformerEncoderLayer.Config layer(GoldenCase golden) {
        TransformerEncoderLayer.Config config = TransformerEncoderLayer.config(
                        golden.integer("d_model"), golden.integer("nhead"))
                .feedForward(golden.integer("dim_feedforward"))
                .dropout(golden.number("dropout"))
                .epsilon(golden.number("layer_norm_eps"))
                .activation(golden.text("activation").equals("gelu") ? UnaryFunction.GELU : UnaryFunction.RELU);
        config = golden.flag("norm_first") ? config.normFirst() : config;
        return golden.flag("bias") ? config : config.withoutBias();
    }

    private static TransformerEncoder.Config encoder(GoldenCase golden) {
        TransformerEncoder.Config config = TransformerEncoder.config(layer(golden), golden.integer("num_layers"));
        return golden.flag("norm") ? config.finalNorm() : config;
    }
}
