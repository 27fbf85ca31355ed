package dev.gatun.nn;

import dev.gatun.Functional;
import dev.gatun.Tensor;

/** y = x · sigmoid(x), also called swish (Elfwing et al. 2017). Mirrors {@code torch.nn.SiLU}. */
public final class SiLU extends Layer {
    /** The function as a layer. */
    public SiLU() {}

    @Override
    public Tensor forward(Tensor x) {
        return Functional.silu(x);
    }
}
