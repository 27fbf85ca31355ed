package dev.gatun.nn;

import dev.gatun.Tensor;

/** y = 1 / (1 + e⁻ˣ). Mirrors {@code torch.nn.Sigmoid}. */
public final class Sigmoid extends Layer {
    /** The function as a layer. */
    public Sigmoid() {}

    @Override
    public Tensor forward(Tensor x) {
        return x.sigmoid();
    }
}
