package dev.gatun.backend;

import dev.gatun.layout.ShapeException;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of a product on its way to memory: c = activation(a · b + bias + addend).
 *
 * @param bias [n], added to each row; or null
 * @param addend of c's shape, with any strides, or null; c itself where the product is added to what c holds. It overlaps c in no
 *     other way
 * @param activation a function, or null; c is then contiguous
 * @param argument where that to which the activation is applied is left for a backward pass, of c's shape and contiguous; or null
 */
public record Epilogue(
        @Nullable View bias,
        @Nullable View addend,
        @Nullable UnaryFunction activation,
        @Nullable View argument) {
    /** c = a · b. */
    public static final Epilogue NONE = new Epilogue(null, null, null, null);

    /** c = a · b + bias; without a bias nothing. */
    public static Epilogue bias(@Nullable View bias) {
        return new Epilogue(bias, null, null, null);
    }

    /** c += a · b. */
    public static Epilogue onto(View c) {
        return new Epilogue(null, c, null, null);
    }

    /** Checks that the views fit a result. */
    public void check(View c) {
        fits("addend", addend, c);
        fits("argument", argument, c);
        if (bias != null && (bias.rank() != 1 || bias.size(0) != c.size(-1))) {
            throw new ShapeException("matmul", "the bias must be [" + c.size(-1) + "], was given " + bias.shape());
        }
        if (activation != null && !c.isContiguous()) {
            throw new ShapeException("matmul", "with an activation the result is contiguous, was given " + c.layout());
        }
        if (argument != null && (activation == null || !argument.isContiguous())) {
            throw new ShapeException(
                    "matmul", "an argument is contiguous and belongs to an activation, was given " + argument.layout());
        }
    }

    private static void fits(String name, @Nullable View view, View c) {
        if (view != null && !(view.shape().equals(c.shape()) && view.dtype() == c.dtype())) {
            throw new ShapeException(
                    "matmul",
                    "the " + name + " must be " + c.dtype() + " " + c.shape() + ", was given " + view.dtype() + " "
                            + view.shape());
        }
    }
}
