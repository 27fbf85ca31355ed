package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Tensor;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.Shape;
import dev.gatun.nn.init.Initializer;
import org.jspecify.annotations.Nullable;

/**
 * y = x · Wᵀ + b: x [..., inputSize], y [..., outputSize]. Parameters {@code weight} [outputSize, inputSize] and {@code bias}
 * [outputSize] start uniform in ±1 / √inputSize. Mirrors {@code torch.nn.Linear}.
 */
public final class Linear extends Layer {
    /**
     * How a linear layer is built; {@link Linear#config} starts one.
     *
     * @param inputSize size of the last axis of x
     * @param outputSize size of the last axis of y
     * @param bias whether b is added
     */
    public record Config(int inputSize, int outputSize, boolean bias) {
        /** Checks the sizes. */
        public Config {
            Sizes.positive("linear", "inputSize", inputSize);
            Sizes.positive("linear", "outputSize", outputSize);
        }

        /** Without b. */
        public Config withoutBias() {
            return new Config(inputSize, outputSize, false);
        }
    }

    /** A configuration with a bias. */
    public static Config config(int inputSize, int outputSize) {
        return new Config(inputSize, outputSize, true);
    }

    private final Parameter weight;
    private final @Nullable Parameter bias;

    /** A layer with a bias, initialised from the global generator. */
    public Linear(int inputSize, int outputSize, Device device) {
        this(config(inputSize, outputSize), device);
    }

    /** A layer initialised from the global generator. */
    public Linear(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** A layer initialised from a generator. */
    public Linear(Config config, Device device, Generator generator) {
        Initializer start = Initializer.uniformByFan(config.inputSize());
        Shape shape = Shape.of(config.outputSize(), config.inputSize());
        weight = register("weight", start.parameter(device, shape, generator));
        bias = config.bias()
                ? register("bias", start.parameter(device, Shape.of(config.outputSize()), generator))
                : null;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.linear(x, weight, bias);
    }

    /** f(x · Wᵀ + b) as one operation. */
    public Tensor forward(Tensor x, UnaryFunction activation) {
        return Functional.linear(x, weight, bias, activation);
    }

    /** residual + x · Wᵀ + b as one operation; the residual has y's shape. */
    public Tensor addTo(Tensor residual, Tensor x) {
        return Functional.addLinear(residual, x, weight, bias);
    }
}
