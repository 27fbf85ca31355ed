package dev.gatun.nn;

import dev.gatun.Functional;
import dev.gatun.Tensor;

/** y = max(x, 0). Mirrors {@code torch.nn.ReLU}. */
public final class ReLU extends Layer {
    /** The function as a layer. */
    public ReLU() {}

    @Override
    public Tensor forward(Tensor x) {
        return Functional.relu(x);
    }
}
