package dev.gatun.backend;

import dev.gatun.layout.DType;
import org.jspecify.annotations.Nullable;

/**
 * Whole stacks of recurrent layers over whole sequences.
 *
 * <p>Shapes, with D directions and L layers: x [batch, steps, inputSize]; y [batch, steps, D · stateSize], forward direction
 * first; h0, hn [L · D, batch, stateSize] and c0, cn [L · D, batch, hiddenSize], layer by layer, forward direction first; weights
 * [elements] as {@link #weightLayout} says. All contiguous. An absent initial state is zero. Outputs at and past a sequence's length are zero,
 * its final state is the one after its last step (its initial state where the length is 0), and the reverse direction starts at
 * its last step.
 */
public interface RecurrentOps {
    /** How the weights are packed. */
    WeightLayout weightLayout(RecurrentSpec spec);

    /** Bytes the forward pass needs to keep for the backward pass, computing in F32 or F64. */
    long reserveBytes(RecurrentCall call, DType dtype);

    /**
     * Runs the stack.
     *
     * @param cn null unless the cell has a cell state
     * @param reserve of {@link #reserveBytes}, filled for the backward pass; null when there will be none
     */
    void forward(
            RecurrentCall call,
            View x,
            @Nullable View h0,
            @Nullable View c0,
            View weights,
            View y,
            View hn,
            @Nullable View cn,
            @Nullable Storage reserve);

    /**
     * Gradients through time. Upstream gradients that are null are zero; gradients that are null are not wanted.
     *
     * @param reserve as {@link #forward} left it; undefined afterwards: each forward pass has one backward pass at most
     */
    void backward(
            RecurrentCall call,
            View x,
            @Nullable View h0,
            @Nullable View c0,
            View weights,
            View y,
            Storage reserve,
            @Nullable View dy,
            @Nullable View dhn,
            @Nullable View dcn,
            @Nullable View dx,
            @Nullable View dh0,
            @Nullable View dc0,
            @Nullable View dweights);
}
