package dev.gatun.nn;

import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Tensor;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.Shape;
import dev.gatun.nn.init.Initializer;
import org.jspecify.annotations.Nullable;

/**
 * A stack of recurrent layers: x [batch, steps, inputSize], outputs [batch, steps, directions · stateSize], stateSize being hiddenSize
 * or what an LSTM projects it to. Its parameters are {@code weight_ih_l0} [gates · hiddenSize, inputSize], {@code weight_hh_l0} [gates ·
 * hiddenSize, stateSize], {@code bias_ih_l0} and {@code bias_hh_l0} [gates · hiddenSize], {@code weight_hr_l0} [stateSize, hiddenSize]
 * where there is a projection, and so on for every layer, with {@code _reverse} for the other direction; all start uniform in
 * ±1 / √hiddenSize. They lie in one packed storage, laid out as the device likes it.
 */
public abstract sealed class Recurrent extends Module permits RNN, LSTM, GRU {
    private final RecurrentSpec spec;
    private final Parameter weights;

    Recurrent(RecurrentSpec spec, Device device, Generator generator) {
        this.spec = spec;
        WeightLayout layout = device.backend().recurrent().weightLayout(spec);
        Shape packed = Shape.of(Math.toIntExact(layout.elements()));
        Initializer start = Initializer.uniformByFan(spec.hiddenSize());
        weights = register(start.parameter(device, packed, generator), layout.entries());
    }

    /** The stack that this module is. */
    public final RecurrentSpec spec() {
        return spec;
    }

    /** Runs full sequences from a state of zeros. */
    public final RecurrentOutput forward(Tensor x) {
        return run(x, null, null);
    }

    /** Runs full sequences from a state, such as the one in which the sequences' earlier parts ended. */
    public final RecurrentOutput forward(Tensor x, RecurrentState state) {
        return run(x, state, null);
    }

    /**
     * Runs sequences of various lengths from a state of zeros. Outputs past a length are zero, whatever x holds there; the final
     * state is the one after the last step, and the reverse direction starts at it.
     *
     * @param lengths steps of each sequence, 0 to steps, in any order
     */
    public final RecurrentOutput forward(Tensor x, int[] lengths) {
        return run(x, null, lengths);
    }

    /** Runs sequences of various lengths from a state; that of a sequence of length 0 stays as it was. */
    public final RecurrentOutput forward(Tensor x, RecurrentState state, int[] lengths) {
        return run(x, state, lengths);
    }

    private RecurrentOutput run(Tensor x, @Nullable RecurrentState state, int @Nullable [] lengths) {
        Tensor h0 = state == null ? null : state.hidden();
        Tensor c0 = state == null ? null : state.cell();
        Functional.RecurrentResult result = Functional.recurrent(spec, x, weights, h0, c0, lengths);
        return new RecurrentOutput(result.sequence(), new RecurrentState(result.hidden(), result.cell()));
    }
}
