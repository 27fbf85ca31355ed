package dev.gatun.nn;

import dev.gatun.Tensor;

/** A module that turns one tensor into one tensor; what {@link Sequential} is made of. */
public abstract class Layer extends Module {
    /** A layer without parameters so far. */
    protected Layer() {}

    /** The result of this layer, in the current scope. */
    public abstract Tensor forward(Tensor x);
}
