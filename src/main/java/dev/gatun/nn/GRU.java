package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentSpec;

/**
 * Gated recurrent unit (Cho et al. 2014): r, z = σ of W x + b + R h + c; n = tanh(Wₙ x + bₙ + r (Rₙ h + cₙ)); h′ = (1 − z) n + z h, in
 * the order r, z, n. Mirrors {@code torch.nn.GRU} with batch_first; {@link Config#resetBefore} gives the form of the textbooks.
 */
public final class GRU extends Recurrent {
    /**
     * How a GRU is built.
     *
     * @param spec a stack of GRU cells
     */
    public record Config(RecurrentSpec spec) implements RecurrentConfig<Config> {
        /** Checks the cells. */
        public Config {
            Sizes.layer("gru", spec);
        }

        @Override
        public Config with(RecurrentSpec other) {
            return new Config(other);
        }

        /** The reset gate works before the product, as in the paper: n = tanh(Wₙ x + bₙ + Rₙ (r h) + cₙ). PyTorch and cuDNN have no such GRU. */
        public Config resetBefore() {
            return new Config(spec.withCell(CellType.GRU_RESET_BEFORE));
        }
    }

    /** One layer in one direction, with both biases, reset after the product. */
    public static Config config(int inputSize, int hiddenSize) {
        return new Config(RecurrentSpec.of(CellType.GRU, inputSize, hiddenSize));
    }

    /** A stack initialised from the global generator. */
    public GRU(Config config, Device device) {
        this(config, device, Generator.global());
    }

    /** A stack initialised from a generator. */
    public GRU(Config config, Device device, Generator generator) {
        super(config.spec(), device, generator);
    }
}
