package dev.gatun.nn;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Functional.WeightedAttention;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Tensor;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import dev.gatun.nn.init.Initializer;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention of several heads (Vaswani et al. 2017): y = concat(head₁, …, headₕ) W_O + b_O with headᵢ = softmax(qᵢ kᵢᵀ / √headSize + mask)
 * vᵢ, where q = query · W_Q + b_Q, k = key · W_K + b_K, v = value · W_V + b_V are cut into heads of headSize = size / heads.
 *
 * <p>Shapes: query [batch, queries, size], key [batch, keys, keySize], value [batch, keys, valueSize], y [batch, queries, size]. A query
 * that may attend to no key gets b_O.
 *
 * <p>Parameters, as in {@code torch.nn.MultiheadAttention}: {@code in_proj_weight} [3 · size, size], or, where key or value have a size of
 * their own, {@code q_proj_weight} [size, size], {@code k_proj_weight} [size, keySize] and {@code v_proj_weight} [size, valueSize];
 * {@code in_proj_bias} [3 · size]; {@code out_proj.weight} [size, size] and {@code out_proj.bias} [size]. Projections into heads start by
 * Xavier's uniform rule, the output projection uniform in ±1 / √size, biases at 0.
 */
public final class MultiHeadAttention extends Module {
    /**
     * How multi-head attention is built; {@link MultiHeadAttention#config} starts one.
     *
     * @param size size of queries and results
     * @param heads number of heads, a divisor of size
     * @param keySize size of keys
     * @param valueSize size of values
     * @param dropout probability with which an attention weight is dropped while a tape is open
     * @param bias whether the projections have biases
     */
    public record Config(int size, int heads, int keySize, int valueSize, double dropout, boolean bias) {
        /** Checks the sizes. */
        public Config {
            Sizes.positive("multi_head_attention", "size", size);
            Sizes.positive("multi_head_attention", "heads", heads);
            Sizes.positive("multi_head_attention", "keySize", keySize);
            Sizes.positive("multi_head_attention", "valueSize", valueSize);
            Sizes.probability("multi_head_attention", "dropout", dropout);
            if (size % heads != 0) {
                throw new IllegalArgumentException(
                        "multi_head_attention: size " + size + " cannot be divided among " + heads + " heads");
            }
        }

        /** With keys of another size. */
        public Config keySize(int other) {
            return new Config(size, heads, other, valueSize, dropout, bias);
        }

        /** With values of another size. */
        public Config valueSize(int other) {
            return new Config(size, heads, keySize, other, dropout, bias);
        }

        /** With dropout of attention weights. */
        public Config dropout(double probability) {
            return new Config(size, heads, keySize, valueSize, probability, bias);
        }

        /** Without biases. */
        public Config withoutBias() {
            return new Config(size, heads, keySize, valueSize, dropout, false);
        }

        /** Whether one packed weight projects queries, keys and values. */
        boolean isPacked() {
            return keySize == size && valueSize == size;
        }
    }

    /** A configuration with biases, without dropout, with keys and values of the size of queries. */
    public static Config config(int size, int heads) {
        return new Config(size, heads, size, size, 0, true);
    }

    private final Config config;
    private final @Nullable Parameter packedWeight;
    private final List<Parameter> weights;
    private final @Nullable Parameter inputBias;
    private final Linear output;

    /** Attention initialised from the global generator. */
    public MultiHeadAttention(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** Attention initialised from a generator. */
    public MultiHeadAttention(Config config, Device device, Generator generator) {
        this.config = config;
        int size = config.size();
        Initializer xavier = Initializer.xavierUniform(1);
        if (config.isPacked()) {
            packedWeight = register("in_proj_weight", xavier.parameter(device, Shape.of(3 * size, size), generator));
            weights = List.of();
        } else {
            packedWeight = null;
            weights = List.of(
                    register("q_proj_weight", xavier.parameter(device, Shape.of(size, size), generator)),
                    register("k_proj_weight", xavier.parameter(device, Shape.of(size, config.keySize()), generator)),
                    register("v_proj_weight", xavier.parameter(device, Shape.of(size, config.valueSize()), generator)));
        }
        Initializer zero = Initializer.constant(0);
        inputBias =
                config.bias() ? register("in_proj_bias", zero.parameter(device, Shape.of(3 * size), generator)) : null;
        Linear.Config projection = Linear.config(size, size);
        output = register(
                "out_proj", new Linear(config.bias() ? projection : projection.withoutBias(), device, generator));
        output.ownParameters().forEach((name, parameter) -> {
            if (name.equals("bias")) {
                zero.reset(parameter, generator);
            }
        });
    }

    /** Self-attention: every step attends to every step. */
    public Tensor forward(Tensor x) {
        return forward(x, AttentionMask.NONE);
    }

    /** Self-attention where a mask allows it. */
    public Tensor forward(Tensor x, AttentionMask mask) {
        return forward(x, x, x, mask);
    }

    /** Attention of queries to keys and values of their own. */
    public Tensor forward(Tensor query, Tensor key, Tensor value, AttentionMask mask) {
        List<Tensor> heads = project(query, key, value);
        return merge(Functional.attention(heads.get(0), heads.get(1), heads.get(2), mask, scale(), config.dropout()));
    }

    /** As {@link #forward(Tensor, Tensor, Tensor, AttentionMask)}, with the attention weights. */
    public AttentionOutput forwardWithWeights(Tensor query, Tensor key, Tensor value, AttentionMask mask) {
        List<Tensor> heads = project(query, key, value);
        WeightedAttention attended = Functional.attentionWithWeights(
                heads.get(0), heads.get(1), heads.get(2), mask, scale(), config.dropout());
        return new AttentionOutput(merge(attended.y()), attended.weights());
    }

    private double scale() {
        return 1 / Math.sqrt((double) config.size() / config.heads());
    }

    /** q, k and v, cut into heads; what one weight projects from one input is one product. */
    private List<Tensor> project(Tensor query, Tensor key, Tensor value) {
        demand("query", query, config.size());
        demand("key", key, config.keySize());
        demand("value", value, config.valueSize());
        int size = config.size();
        List<Tensor> projected;
        if (packedWeight != null && query.equals(key) && key.equals(value)) {
            projected = Functional.linear(query, packedWeight, inputBias).split(-1, size, size, size);
        } else if (packedWeight != null && key.equals(value)) {
            List<Tensor> w = packedWeight.split(0, size, 2 * size);
            List<@Nullable Tensor> b = biases(size, 2 * size);
            List<Tensor> both = Functional.linear(key, w.get(1), b.get(1)).split(-1, size, size);
            projected = List.of(Functional.linear(query, w.get(0), b.get(0)), both.get(0), both.get(1));
        } else {
            List<? extends Tensor> w = packedWeight == null ? weights : packedWeight.split(0, size, size, size);
            List<@Nullable Tensor> b = biases(size, size, size);
            projected = List.of(
                    Functional.linear(query, w.get(0), b.get(0)),
                    Functional.linear(key, w.get(1), b.get(1)),
                    Functional.linear(value, w.get(2), b.get(2)));
        }
        return projected.stream().map(this::cutIntoHeads).toList();
    }

    private List<@Nullable Tensor> biases(int... sizes) {
        return inputBias == null
                ? Arrays.asList(new @Nullable Tensor[sizes.length])
                : List.copyOf(inputBias.split(0, sizes));
    }

    private static void demand(String role, Tensor x, int size) {
        if (x.rank() != 3 || x.size(2) != size) {
            throw new ShapeException(
                    "multi_head_attention", role + " must be [batch, steps, " + size + "], was given " + x.shape());
        }
    }

    /** [batch, steps, size] as [batch, heads, steps, headSize]. */
    private Tensor cutIntoHeads(Tensor x) {
        int heads = config.heads();
        return x.reshape(x.size(0), x.size(1), heads, config.size() / heads).transpose(1, 2);
    }

    private Tensor merge(Tensor heads) {
        Tensor joined = heads.transpose(1, 2).reshape(heads.size(0), heads.size(2), config.size());
        return output.forward(joined);
    }
}
