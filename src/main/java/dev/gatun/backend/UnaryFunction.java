package dev.gatun.backend;

/** Functions of one element. */
public enum UnaryFunction {
    /** −x. */
    NEGATE,
    /** |x|; derivative 0 at 0. */
    ABS,
    /** eˣ. */
    EXP,
    /** ln x. */
    LOG,
    /** √x. */
    SQRT,
    /** x². */
    SQUARE,
    /** 1 / x. */
    RECIPROCAL,
    /** sin x. */
    SIN,
    /** cos x. */
    COS,
    /** tanh x. */
    TANH,
    /** 1 / (1 + e⁻ˣ). */
    SIGMOID,
    /** max(x, 0); derivative 0 at 0; NaN stays NaN. */
    RELU,
    /** x · Φ(x) with the error function: ½ x (1 + erf(x / √2)). Hendrycks and Gimpel 2016. */
    GELU,
    /** ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). Hendrycks and Gimpel 2016. */
    GELU_TANH,
    /** x · sigmoid(x). Elfwing et al. 2017. */
    SILU;

    /** Whether f′(x) does not follow from f(x), so that a backward pass needs x; else it needs f(x) alone. */
    public boolean needsArgument() {
        return switch (this) {
            case NEGATE, EXP, SQRT, RECIPROCAL, TANH, SIGMOID, RELU -> false;
            case ABS, LOG, SQUARE, SIN, COS, GELU, GELU_TANH, SILU -> true;
        };
    }
}
