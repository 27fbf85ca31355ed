package dev.gatun.nn.init;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;

/**
 * The values that a parameter starts from. Fan-in and fan-out of a shape [outputs, inputs, …] are inputs and outputs, each times
 * the product of the sizes that follow.
 */
@FunctionalInterface
public interface Initializer {
    /** F32 values, in the current scope. */
    Tensor values(Device device, Shape shape, Generator generator);

    /** A new parameter that starts from these values. */
    default Parameter parameter(Device device, Shape shape, Generator generator) {
        try (Scope _ = Scope.open()) {
            return Parameter.of(values(device, shape, generator));
        }
    }

    /** Gives a parameter these values. */
    default void reset(Parameter parameter, Generator generator) {
        try (Scope _ = Scope.open()) {
            parameter.assign(values(parameter.device(), parameter.shape(), generator));
        }
    }

    /** The same number everywhere. */
    static Initializer constant(double value) {
        return (device, shape, generator) -> Tensor.full(device, DType.F32, shape, value);
    }

    /** Uniform in [low, high). */
    static Initializer uniform(double low, double high) {
        return (device, shape, generator) -> Tensor.uniform(device, generator, DType.F32, shape, low, high);
    }

    /** Normally distributed. */
    static Initializer normal(double mean, double deviation) {
        return (device, shape, generator) -> Tensor.normal(device, generator, DType.F32, shape, mean, deviation);
    }

    /** Uniform in ±gain · √(6 / (fan-in + fan-out)). Glorot and Bengio 2010. */
    static Initializer xavierUniform(double gain) {
        return (device, shape, generator) -> {
            double bound = gain * Math.sqrt(6.0 / (fanIn("xavier", shape) + fanOut("xavier", shape)));
            return uniform(-bound, bound).values(device, shape, generator);
        };
    }

    /** Normal with deviation gain · √(2 / (fan-in + fan-out)). Glorot and Bengio 2010. */
    static Initializer xavierNormal(double gain) {
        return (device, shape, generator) -> {
            double deviation = gain * Math.sqrt(2.0 / (fanIn("xavier", shape) + fanOut("xavier", shape)));
            return normal(0, deviation).values(device, shape, generator);
        };
    }

    /** Uniform in ±gain · √(3 / fan-in); the gain is √2 in front of ReLU. He et al. 2015. */
    static Initializer heUniform(double gain) {
        return (device, shape, generator) -> {
            double bound = gain * Math.sqrt(3.0 / fanIn("he", shape));
            return uniform(-bound, bound).values(device, shape, generator);
        };
    }

    /** Normal with deviation gain / √fan-in; the gain is √2 in front of ReLU. He et al. 2015. */
    static Initializer heNormal(double gain) {
        return (device, shape, generator) ->
                normal(0, gain / Math.sqrt(fanIn("he", shape))).values(device, shape, generator);
    }

    /**
     * Orthonormal columns times gain, or rows where those are fewer: the shape's first axis against all others. Saxe et al. 2014.
     */
    static Initializer orthogonal(double gain) {
        return (device, shape, generator) -> Orthogonal.values(device, shape, generator, gain);
    }

    /** Uniform in ±1 / √fan: PyTorch's default for the weights (fan: inputs) and biases of linear layers, and for recurrent ones (fan: hidden size). */
    static Initializer uniformByFan(int fan) {
        double bound = fan == 0 ? 0 : 1 / Math.sqrt(fan);
        return uniform(-bound, bound);
    }

    private static double fanIn(String operation, Shape shape) {
        return checked(operation, shape).without(0).elements();
    }

    private static double fanOut(String operation, Shape shape) {
        return checked(operation, shape).without(1).elements();
    }

    private static Shape checked(String operation, Shape shape) {
        if (shape.rank() < 2 || shape.elements() == 0) {
            throw new ShapeException(operation, "needs a shape [outputs, inputs, …], was given " + shape);
        }
        return shape;
    }
}
