package dev.gatun.nn;

import dev.gatun.Functional;
import dev.gatun.Tensor;

/**
 * While a tape is open, each element is 0 with probability p, else x / (1 − p); otherwise x itself (Srivastava et al. 2014). Which
 * elements are dropped follows from the tape's generator alone. Mirrors {@code torch.nn.Dropout}.
 */
public final class Dropout extends Layer {
    private final double probability;

    /** Dropout with a probability in [0, 1). */
    public Dropout(double probability) {
        Sizes.probability("dropout", "probability", probability);
        this.probability = probability;
    }

    @Override
    public Tensor forward(Tensor x) {
        return Functional.dropout(x, probability);
    }
}
