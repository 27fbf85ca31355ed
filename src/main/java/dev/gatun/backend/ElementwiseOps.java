package dev.gatun.backend;

/**
 * Functions of single elements. All views of a call have one shape: operands that broadcast come with strides of 0. Inputs may
 * have any strides; outputs are contiguous. Outputs may be the same view as an input (in place).
 */
public interface ElementwiseOps {
    /** y = f(x). */
    void unary(UnaryFunction function, View x, View y);

    /**
     * dx = dy · f′(x), given x and y = f(x). What the function {@linkplain UnaryFunction#needsArgument needs}, x or y, may be given
     * for both.
     */
    void unaryBackward(UnaryFunction function, View x, View y, View dy, View dx);

    /** y = a ∘ b. */
    void binary(BinaryFunction function, View a, View b, View y);

    /** y = a ∘ b, a BOOL view. Comparisons with NaN are false, but for NOT_EQUAL. */
    void compare(Comparison comparison, View a, View b, View y);

    /** y = condition ? a : b; the condition is BOOL. */
    void select(View condition, View a, View b, View y);

    /** y = scale · x + shift. */
    void affine(View x, double scale, double shift, View y);

    /** y += factor · x; y contiguous. */
    void accumulate(View x, double factor, View y);

    /** y = min(max(x, low), high); NaN stays NaN. */
    void clamp(View x, double low, double high, View y);
}
