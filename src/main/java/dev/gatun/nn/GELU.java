package dev.gatun.nn;

import dev.gatun.Functional;
import dev.gatun.Tensor;

/** y = x · Φ(x), Φ being the normal distribution (Hendrycks and Gimpel 2016). Mirrors {@code torch.nn.GELU}. */
public final class GELU extends Layer {
    /** How Φ is computed. */
    public enum Form {
        /** By the error function: ½ x (1 + erf(x / √2)). */
        ERF,
        /** Approximated: ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))). */
        TANH
    }

    private final Form form;

    /** The function by the error function. */
    public GELU() {
        this(Form.ERF);
    }

    /** The function in one of its forms. */
    public GELU(Form form) {
        this.form = form;
    }

    @Override
    public Tensor forward(Tensor x) {
        return switch (form) {
            case ERF -> Functional.gelu(x);
            case TANH -> Functional.geluTanh(x);
        };
    }
}
