package dev.gatun.nn;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.backend.UnaryFunction;

/**
 * Self-attention and a feed-forward net, each with a residual connection and a layer norm (Vaswani et al. 2017): with norms after,
 * h = norm₁(x + attention(x)), y = norm₂(h + W₂ f(W₁ h + b₁) + b₂); with norms first (Xiong et al. 2020), h = x + attention(norm₁(x)),
 * y = h + W₂ f(W₁ norm₂(h) + b₁) + b₂. Shapes: x and y [batch, steps, size].
 *
 * <p>Parameters, as in {@code torch.nn.TransformerEncoderLayer}: those of {@code self_attn} ({@link MultiHeadAttention}), {@code linear1}
 * [feedForward, size], {@code linear2} [size, feedForward], {@code norm1} and {@code norm2} [size].
 */
public final class TransformerEncoderLayer extends Layer {
    /** Where the layer norms stand. */
    public enum NormOrder {
        /** After each residual sum, as in the paper. */
        AFTER,
        /** Before attention and feed-forward net, inside the residual connection. */
        FIRST
    }

    /**
     * How an encoder layer is built; {@link TransformerEncoderLayer#config} starts one.
     *
     * @param size size of a step
     * @param heads number of heads, a divisor of size
     * @param feedForward size inside the feed-forward net
     * @param dropout probability of dropout of attention weights, inside the feed-forward net, and before each residual sum
     * @param activation f
     * @param order where the layer norms stand
     * @param epsilon of the layer norms
     * @param bias whether projections and norms have biases
     */
    public record Config(
            int size,
            int heads,
            int feedForward,
            double dropout,
            UnaryFunction activation,
            NormOrder order,
            double epsilon,
            boolean bias) {
        /** Checks the sizes. */
        public Config {
            Sizes.positive("transformer_encoder_layer", "feedForward", feedForward);
            Sizes.probability("transformer_encoder_layer", "dropout", dropout);
            Sizes.positive("transformer_encoder_layer", "epsilon", epsilon);
            MultiHeadAttention.config(size, heads);
        }

        /** With another size inside the feed-forward net. */
        public Config feedForward(int other) {
            return new Config(size, heads, other, dropout, activation, order, epsilon, bias);
        }

        /** With another probability of dropout. */
        public Config dropout(double probability) {
            return new Config(size, heads, feedForward, probability, activation, order, epsilon, bias);
        }

        /** With another function inside the feed-forward net. */
        public Config activation(UnaryFunction function) {
            return new Config(size, heads, feedForward, dropout, function, order, epsilon, bias);
        }

        /** With {@link UnaryFunction#GELU} inside the feed-forward net. */
        public Config gelu() {
            return activation(UnaryFunction.GELU);
        }

        /** With layer norms before attention and feed-forward net. */
        public Config normFirst() {
            return new Config(size, heads, feedForward, dropout, activation, NormOrder.FIRST, epsilon, bias);
        }

        /** With another epsilon of the layer norms. */
        public Config epsilon(double value) {
            return new Config(size, heads, feedForward, dropout, activation, order, value, bias);
        }

        /** Without biases. */
        public Config withoutBias() {
            return new Config(size, heads, feedForward, dropout, activation, order, epsilon, false);
        }

        LayerNorm norm(Device device) {
            LayerNorm.Config norm = LayerNorm.config(size).epsilon(epsilon);
            return new LayerNorm(bias ? norm : norm.affine(LayerNorm.Affine.WEIGHT), device);
        }

        private MultiHeadAttention.Config attention() {
            MultiHeadAttention.Config attention =
                    MultiHeadAttention.config(size, heads).dropout(dropout);
            return bias ? attention : attention.withoutBias();
        }

        private Linear.Config linear(int inputSize, int outputSize) {
            Linear.Config linear = Linear.config(inputSize, outputSize);
            return bias ? linear : linear.withoutBias();
        }
    }

    /** PyTorch's defaults: a feed-forward net of 2048 with ReLU, dropout of 0.1, norms after, an epsilon of 10⁻⁵, biases. */
    public static Config config(int size, int heads) {
        return new Config(size, heads, 2048, 0.1, UnaryFunction.RELU, NormOrder.AFTER, 1e-5, true);
    }

    private final Config config;
    private final MultiHeadAttention attention;
    private final Linear linear1;
    private final Linear linear2;
    private final LayerNorm norm1;
    private final LayerNorm norm2;

    /** A layer initialised from the global generator. */
    public TransformerEncoderLayer(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** A layer initialised from a generator. */
    public TransformerEncoderLayer(Config config, Device device, Generator generator) {
        this.config = config;
        int size = config.size();
        attention = register("self_attn", new MultiHeadAttention(config.attention(), device, generator));
        linear1 = register("linear1", new Linear(config.linear(size, config.feedForward()), device, generator));
        linear2 = register("linear2", new Linear(config.linear(config.feedForward(), size), device, generator));
        norm1 = register("norm1", config.norm(device));
        norm2 = register("norm2", config.norm(device));
    }

    @Override
    public Tensor forward(Tensor x) {
        return forward(x, AttentionMask.NONE);
    }

    /** The layer where a mask allows attention. */
    public Tensor forward(Tensor x, AttentionMask mask) {
        return switch (config.order()) {
            case AFTER -> {
                Tensor h = norm1.forward(x.add(attend(x, mask)));
                yield norm2.forward(addFeed(h, h));
            }
            case FIRST -> {
                Tensor h = x.add(attend(norm1.forward(x), mask));
                yield addFeed(h, norm2.forward(h));
            }
        };
    }

    private Tensor attend(Tensor x, AttentionMask mask) {
        return Functional.dropout(attention.forward(x, mask), config.dropout());
    }

    /** h + W₂ f(W₁ x + b₁) + b₂, with dropout inside and before the sum. */
    private Tensor addFeed(Tensor h, Tensor x) {
        Tensor inner = Functional.dropout(linear1.forward(x, config.activation()), config.dropout());
        return drops() ? h.add(Functional.dropout(linear2.forward(inner), config.dropout())) : linear2.addTo(h, inner);
    }

    /** Whether dropout keeps a residual sum from being part of the product before it. */
    private boolean drops() {
        return config.dropout() > 0 && Tape.isRecording();
    }
}
