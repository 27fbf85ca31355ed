package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentSpec;

/** The simple recurrence of Elman 1990: h′ = tanh(W x + b + R h + c), or max(0, …). Mirrors {@code torch.nn.RNN} with batch_first. */
public final class RNN extends Recurrent {
    /** What a step ends with. */
    public enum Nonlinearity {
        /** tanh, the default. */
        TANH(CellType.RNN_TANH),
        /** max(0, x). */
        RELU(CellType.RNN_RELU);

        private final CellType cell;

        Nonlinearity(CellType cell) {
            this.cell = cell;
        }
    }

    /**
     * How an RNN is built.
     *
     * @param spec a stack of simple cells
     */
    public record Config(RecurrentSpec spec) implements RecurrentConfig<Config> {
        /** Checks the cells. */
        public Config {
            Sizes.layer("rnn", spec);
        }

        @Override
        public Config with(RecurrentSpec other) {
            return new Config(other);
        }

        /** Ends each step with this. */
        public Config nonlinearity(Nonlinearity nonlinearity) {
            return new Config(spec.withCell(nonlinearity.cell));
        }
    }

    /** One layer in one direction, with tanh and both biases. */
    public static Config config(int inputSize, int hiddenSize) {
        return new Config(RecurrentSpec.of(CellType.RNN_TANH, inputSize, hiddenSize));
    }

    /** A stack initialised from the global generator. */
    public RNN(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** A stack initialised from a generator. */
    public RNN(Config config, Device device, Generator generator) {
        super(config.spec(), device, generator);
    }
}
