package dev.gatun.nn;

import dev.gatun.Tensor;

/** y = tanh x. Mirrors {@code torch.nn.Tanh}. */
public final class Tanh extends Layer {
    /** The function as a layer. */
    public Tanh() {}

    @Override
    public Tensor forward(Tensor x) {
        return x.tanh();
    }
}
