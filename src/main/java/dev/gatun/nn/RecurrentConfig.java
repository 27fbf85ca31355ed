package dev.gatun.nn;

import dev.gatun.backend.BiasMode;
import dev.gatun.backend.RecurrentSpec;

/**
 * How a recurrent module is built; {@link LSTM#config}, {@link GRU#config} and {@link RNN#config} start one: a layer in one direction,
 * with both biases and without dropout, as in PyTorch.
 *
 * @param <C> the configuration of the one module
 */
public sealed interface RecurrentConfig<C extends RecurrentConfig<C>> permits LSTM.Config, GRU.Config, RNN.Config {
    /** The stack that this describes. */
    RecurrentSpec spec();

    /** The same kind of configuration for another stack of the same kind. */
    C with(RecurrentSpec spec);

    /** So many layers on top of each other; each reads all directions of the one below. */
    default C layers(int layers) {
        return with(spec().withLayers(layers));
    }

    /** Every layer also runs from the last step to the first: outputs are twice as wide, forward direction first. */
    default C bidirectional() {
        return with(spec().withBothDirections());
    }

    /** Drops this share of each layer's output but the last's while a tape is open, 0 ≤ probability &lt; 1. */
    default C dropout(double probability) {
        return with(spec().withDropout(probability));
    }

    /** Which biases there are. */
    default C bias(BiasMode mode) {
        return with(spec().withBias(mode));
    }
}
