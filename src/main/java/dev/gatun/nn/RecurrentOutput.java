package dev.gatun.nn;

import dev.gatun.Tensor;
import dev.gatun.TensorGroup;
import java.util.ArrayList;
import java.util.List;

/**
 * What a recurrent stack gives; stateSize is hiddenSize, or what an LSTM projects it to.
 *
 * @param sequence the last layer's hidden state after every step, [batch, steps, directions · stateSize]; zero past a length
 * @param state the state after each sequence's last step
 */
public record RecurrentOutput(Tensor sequence, RecurrentState state) implements TensorGroup {
    /**
     * One vector for each sequence, [batch, directions · stateSize]: the last layer's final hidden state, of the forward direction
     * after the sequence's last step and of the reverse one after its first.
     */
    public Tensor last() {
        Tensor hidden = state.hidden();
        int directions = sequence.size(2) / hidden.size(2);
        Tensor top = hidden.slice(0, hidden.size(0) - directions, hidden.size(0));
        return top.permute(1, 0, 2).reshape(hidden.size(1), sequence.size(2));
    }

    @Override
    public List<Tensor> tensors() {
        List<Tensor> all = new ArrayList<>(state.tensors());
        all.add(sequence);
        return all;
    }
}
