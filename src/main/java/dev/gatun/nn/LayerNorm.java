package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Tensor;
import dev.gatun.layout.Shape;
import dev.gatun.nn.init.Initializer;
import org.jspecify.annotations.Nullable;

/**
 * y = (x − mean) / √(variance + epsilon) · weight + bias over the last axes, of shape {@code features} (Ba, Kiros and Hinton 2016).
 * Parameters {@code weight}, of ones at first, and {@code bias}, of zeros, have the shape {@code features}. Mirrors
 * {@code torch.nn.LayerNorm}.
 */
public final class LayerNorm extends Layer {
    /** What is learned. */
    public enum Affine {
        /** Weight and bias. */
        WEIGHT_AND_BIAS,
        /** The weight alone. */
        WEIGHT,
        /** Nothing: y has mean 0 and variance 1. */
        NONE
    }

    /**
     * How a layer norm is built; {@link LayerNorm#config} starts one.
     *
     * @param features the shape of the axes that are normalised together
     * @param epsilon added to the variance
     * @param affine what is learned
     */
    public record Config(Shape features, double epsilon, Affine affine) {
        /** Checks shape and epsilon. */
        public Config {
            if (features.rank() == 0 || features.elements() == 0) {
                throw new IllegalArgumentException("layer_norm: features must have elements, was given " + features);
            }
            Sizes.positive("layer_norm", "epsilon", epsilon);
        }

        /** With another epsilon. */
        public Config epsilon(double value) {
            return new Config(features, value, affine);
        }

        /** With other parameters. */
        public Config affine(Affine learned) {
            return new Config(features, epsilon, learned);
        }
    }

    /** A configuration with weight, bias and an epsilon of 10⁻⁵, over the last axes, of the given sizes. */
    public static Config config(int... features) {
        return new Config(Shape.of(features), 1e-5, Affine.WEIGHT_AND_BIAS);
    }

    private final Config config;
    private final @Nullable Parameter weight;
    private final @Nullable Parameter bias;

    /** A layer norm of the last axis. */
    public LayerNorm(int features, Device device) {
        this(config(features), device);
    }

    /** A layer norm. */
    public LayerNorm(Config config, Device device) {
        this.config = config;
        this.weight = config.affine() == Affine.NONE ? null : register("weight", constant(1, device));
        this.bias = config.affine() == Affine.WEIGHT_AND_BIAS ? register("bias", constant(0, device)) : null;
    }

    private Parameter constant(double value, Device device) {
        return Initializer.constant(value).parameter(device, config.features(), Generator.global());
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.layerNorm(x, config.features(), weight, bias, config.epsilon());
    }
}
