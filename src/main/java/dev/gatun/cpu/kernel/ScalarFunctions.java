package dev.gatun.cpu.kernel;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.UnaryFunction;

/** The functions of single elements as their definitions have them, in double. */
final class ScalarFunctions {
    private static final double ROOT_TWO_OVER_PI = Math.sqrt(2 / Math.PI);
    private static final double CUBIC = 0.044715;

    /** From here on sigmoid(±x), Φ(±x) and their tails are exactly 0 or 1. */
    private static final double SATURATED = 800;

    private ScalarFunctions() {}

    static double sigmoid(double x) {
        double e = Math.exp(-Math.abs(x));
        return (x < 0 ? e : 1) / (1 + e);
    }

    /** f(x). */
    static double value(UnaryFunction function, double x) {
        return switch (function) {
            case NEGATE -> -x;
            case ABS -> Math.abs(x);
            case EXP -> Math.exp(x);
            case LOG -> Math.log(x);
            case SQRT -> Math.sqrt(x);
            case SQUARE -> x * x;
            case RECIPROCAL -> 1 / x;
            case SIN -> Math.sin(x);
            case COS -> Math.cos(x);
            case TANH -> Math.tanh(x);
            case SIGMOID -> sigmoid(x);
            case RELU -> x <= 0 ? 0 : x;
            case GELU -> gated(x, NormalDistribution.cumulative(x));
            case GELU_TANH -> gated(x, sigmoid(geluTanhArgument(x)));
            case SILU -> gated(x, sigmoid(x));
        };
    }

    /** x · gate; the limit at −∞ is 0. */
    private static double gated(double x, double gate) {
        return x == Double.NEGATIVE_INFINITY ? -0.0 : x * gate;
    }

    /** 2u, for ½ (1 + tanh u) = sigmoid(2u), which keeps its precision where tanh is near −1. */
    private static double geluTanhArgument(double x) {
        return 2 * ROOT_TWO_OVER_PI * (x + CUBIC * x * x * x);
    }

    /** dy · f′(x), with y = f(x). */
    static double gradient(UnaryFunction function, double x, double y, double dy) {
        return switch (function) {
            case NEGATE -> -dy;
            case ABS -> dy * Math.signum(x);
            case EXP -> dy * y;
            case LOG -> dy / x;
            case SQRT -> dy / (2 * y);
            case SQUARE -> 2 * dy * x;
            case RECIPROCAL -> -dy * y * y;
            case SIN -> dy * Math.cos(x);
            case COS -> -dy * Math.sin(x);
            case TANH -> dy * (1 - y * y);
            case SIGMOID -> dy * y * (1 - y);
            case RELU -> x <= 0 ? 0 : dy;
            case GELU, GELU_TANH, SILU -> dy * gatedDerivative(function, x);
        };
    }

    private static double gatedDerivative(UnaryFunction function, double x) {
        if (Math.abs(x) > SATURATED) {
            return x > 0 ? 1 : 0;
        }
        if (function == UnaryFunction.GELU) {
            return NormalDistribution.cumulative(x) + x * NormalDistribution.density(x);
        }
        double argument = function == UnaryFunction.SILU ? x : geluTanhArgument(x);
        double gate = sigmoid(argument);
        double slope = function == UnaryFunction.SILU ? 1 : 2 * ROOT_TWO_OVER_PI * (1 + 3 * CUBIC * x * x);
        return gate + x * gate * sigmoid(-argument) * slope;
    }

    /** a ∘ b. */
    static double value(BinaryFunction function, double a, double b) {
        return switch (function) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MAXIMUM -> Math.max(a, b);
            case MINIMUM -> Math.min(a, b);
        };
    }

    /** a ∘ b. */
    static boolean holds(Comparison comparison, double a, double b) {
        return switch (comparison) {
            case EQUAL -> a == b;
            case NOT_EQUAL -> a != b;
            case LESS -> a < b;
            case LESS_OR_EQUAL -> a <= b;
            case GREATER -> a > b;
            case GREATER_OR_EQUAL -> a >= b;
        };
    }

    /** loss(x, t). */
    static double value(PointwiseLoss loss, double parameter, double x, double target) {
        double error = x - target;
        return switch (loss) {
            case SQUARED -> error * error;
            case ABSOLUTE -> Math.abs(error);
            case HUBER ->
                Math.abs(error) <= parameter ? 0.5 * error * error : parameter * (Math.abs(error) - 0.5 * parameter);
            case BINARY_CROSS_ENTROPY_WITH_LOGITS -> Math.max(x, 0) - x * target + Math.log1p(Math.exp(-Math.abs(x)));
        };
    }

    /** ∂loss / ∂x. */
    static double derivative(PointwiseLoss loss, double parameter, double x, double target) {
        double error = x - target;
        return switch (loss) {
            case SQUARED -> 2 * error;
            case ABSOLUTE -> Math.signum(error);
            case HUBER -> Math.abs(error) <= parameter ? error : parameter * Math.signum(error);
            case BINARY_CROSS_ENTROPY_WITH_LOGITS -> sigmoid(x) - target;
        };
    }
}
