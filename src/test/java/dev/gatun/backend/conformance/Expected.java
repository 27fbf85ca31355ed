package dev.gatun.backend.conformance;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.UnaryFunction;

/** The functions of single elements by their textbook formulas, in double, for tests to compare with. */
public final class Expected {
    private Expected() {}

    /** 1 / (1 + e⁻ˣ). */
    public static double sigmoid(double x) {
        return x > -700 ? 1 / (1 + Math.exp(-x)) : Math.exp(x);
    }

    /** Φ(x): its power series near 0, its continued fraction far out. */
    public static double normal(double x) {
        double density = Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
        if (Math.abs(x) > 3) {
            double fraction = Math.abs(x);
            for (int i = 200; i > 0; i--) {
                fraction = Math.abs(x) + i / fraction;
            }
            return x < 0 ? density / fraction : 1 - density / fraction;
        }
        double term = x;
        double sum = x;
        for (int i = 3; i < 150; i += 2) {
            term *= x * x / i;
            sum += term;
        }
        return 0.5 + density * sum;
    }

    /** f(x). */
    public static double value(UnaryFunction function, double x) {
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
            case RELU -> x < 0 ? 0 : x == 0 ? 0 : x;
            case GELU -> x == Double.NEGATIVE_INFINITY ? -0.0 : x * normal(x);
            case GELU_TANH ->
                x == Double.NEGATIVE_INFINITY
                        ? -0.0
                        : x * sigmoid(2 * Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
            case SILU -> x == Double.NEGATIVE_INFINITY ? -0.0 : x * sigmoid(x);
        };
    }

    /** f′(x): the limit at ±∞, 0 in a kink. */
    public static double derivative(UnaryFunction function, double x) {
        return switch (function) {
            case NEGATE -> -1;
            case ABS -> Math.signum(x);
            case EXP -> Math.exp(x);
            case LOG -> 1 / x;
            case SQRT -> 0.5 / Math.sqrt(x);
            case SQUARE -> 2 * x;
            case RECIPROCAL -> -1 / (x * x);
            case SIN -> Math.cos(x);
            case COS -> -Math.sin(x);
            case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
            case SIGMOID -> sigmoid(x) * sigmoid(-x);
            case RELU -> x > 0 ? 1 : 0;
            case GELU -> normal(x) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
            case GELU_TANH -> {
                double root = Math.sqrt(2 / Math.PI);
                double argument = 2 * root * (x + 0.044715 * x * x * x);
                double slope = 2 * root * (1 + 3 * 0.044715 * x * x);
                yield sigmoid(argument) + x * sigmoid(argument) * sigmoid(-argument) * slope;
            }
            case SILU -> sigmoid(x) + x * sigmoid(x) * sigmoid(-x);
        };
    }

    /** a ∘ b. */
    public static double value(BinaryFunction function, double a, double b) {
        return switch (function) {
            case ADD -> a + b;
            case SUBTRACT -> a - b;
            case MULTIPLY -> a * b;
            case DIVIDE -> a / b;
            case MAXIMUM -> Double.isNaN(a) || Double.isNaN(b) ? Double.NaN : Math.max(a, b);
            case MINIMUM -> Double.isNaN(a) || Double.isNaN(b) ? Double.NaN : Math.min(a, b);
        };
    }

    /** a ∘ b. */
    public static boolean holds(Comparison comparison, double a, double b) {
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
    public static double value(PointwiseLoss loss, double delta, double x, double t) {
        double error = Math.abs(x - t);
        return switch (loss) {
            case SQUARED -> (x - t) * (x - t);
            case ABSOLUTE -> error;
            case HUBER -> error <= delta ? error * error / 2 : delta * (error - delta / 2);
            case BINARY_CROSS_ENTROPY_WITH_LOGITS -> Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
        };
    }

    /** ∂loss / ∂x. */
    public static double derivative(PointwiseLoss loss, double delta, double x, double t) {
        return switch (loss) {
            case SQUARED -> 2 * (x - t);
            case ABSOLUTE -> Math.signum(x - t);
            case HUBER -> Math.max(-delta, Math.min(delta, x - t));
            case BINARY_CROSS_ENTROPY_WITH_LOGITS -> sigmoid(x) - t;
        };
    }
}
