package dev.gatun.nn;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Tensor;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Encoder layers one after the other, y = norm(layerₙ(… layer₁(x))), the norm being optional (Vaswani et al. 2017). Shapes: x and y [batch,
 * steps, size]. Parameters {@code layers.0.…} and so on ({@link TransformerEncoderLayer}), {@code norm.weight} and {@code norm.bias}, as in
 * {@code torch.nn.TransformerEncoder}; but every layer is drawn by itself, where PyTorch starts with equal ones.
 */
public final class TransformerEncoder extends Layer {
    /** Whether a layer norm follows the last layer; usual where the layers' own norms stand first. */
    public enum FinalNorm {
        /** None. */
        NONE,
        /** One, with the layers' epsilon. */
        LAYER_NORM
    }

    /**
     * How an encoder is built; {@link TransformerEncoder#config} starts one.
     *
     * @param layer every layer's configuration
     * @param layers number of layers
     * @param norm what follows the last layer
     */
    public record Config(TransformerEncoderLayer.Config layer, int layers, FinalNorm norm) {
        /** Checks the number. */
        public Config {
            Sizes.positive("transformer_encoder", "layers", layers);
        }

        /** With a layer norm after the last layer. */
        public Config finalNorm() {
            return new Config(layer, layers, FinalNorm.LAYER_NORM);
        }
    }

    /** A configuration without a final norm. */
    public static Config config(TransformerEncoderLayer.Config layer, int layers) {
        return new Config(layer, layers, FinalNorm.NONE);
    }

    private final ModuleList<TransformerEncoderLayer> layers;
    private final @Nullable LayerNorm norm;

    /** An encoder initialised from the global generator. */
    public TransformerEncoder(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** An encoder initialised from a generator. */
    public TransformerEncoder(Config config, Device device, Generator generator) {
        List<TransformerEncoderLayer> made = new ArrayList<>();
        for (int i = 0; i < config.layers(); i++) {
            made.add(new TransformerEncoderLayer(config.layer(), device, generator));
        }
        layers = register("layers", new ModuleList<>(made));
        norm = switch (config.norm()) {
            case NONE -> null;
            case LAYER_NORM -> register("norm", config.layer().norm(device));
        };
    }

    @Override
    public Tensor forward(Tensor x) {
        return forward(x, AttentionMask.NONE);
    }

    /** The encoder where a mask allows attention, in every layer. */
    public Tensor forward(Tensor x, AttentionMask mask) {
        Tensor y = x;
        for (TransformerEncoderLayer layer : layers) {
            y = layer.forward(y, mask);
        }
        return norm == null ? y : norm.forward(y);
    }
}
