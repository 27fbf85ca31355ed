package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentSpec;

/**
 * Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000): i, f, o = σ and g = tanh of
 * W x + b + R h + c, in the order i, f, g, o; c′ = f c + i g; h′ = o tanh(c′). With a projection h′ = P (o tanh(c′)) (Sak et al. 2014),
 * with a bound c′ = clip(f c + i g). Mirrors {@code torch.nn.LSTM} with batch_first, which has no bound.
 */
public final class LSTM extends Recurrent {
    /**
     * How an LSTM is built.
     *
     * @param spec a stack of LSTM cells
     */
    public record Config(RecurrentSpec spec) implements RecurrentConfig<Config> {
        /** Checks the cells. */
        public Config {
            Sizes.layer("lstm", spec);
        }

        @Override
        public Config with(RecurrentSpec other) {
            return new Config(other);
        }

        /**
         * Projects the hidden state after every step to so many features, fewer than hiddenSize, as PyTorch's {@code proj_size} does:
         * outputs, h and the inputs of later layers become that narrow; c keeps hiddenSize. 0 for no projection.
         */
        public Config projection(int features) {
            return with(spec.withProjection(features));
        }

        /**
         * Keeps the cell state within ± bound after every step, before anything reads it; the bound must be positive, and infinity is
         * none. Where a cell is at its bound, no gradient passes to what drove it there.
         */
        public Config clip(double bound) {
            return with(spec.withClip(bound));
        }
    }

    /** One layer in one direction, with both biases. */
    public static Config config(int inputSize, int hiddenSize) {
        return new Config(RecurrentSpec.of(CellType.LSTM, inputSize, hiddenSize));
    }

    /** A stack initialised from the global generator. */
    public LSTM(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** A stack initialised from a generator. */
    public LSTM(Config config, Device device, Generator generator) {
        super(config.spec(), device, generator);
    }
}
