package dev.gatun.nn;

import dev.gatun.Tensor;
import dev.gatun.TensorGroup;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a recurrent stack remembers between steps. {@code scope.replace(state, out.state())} carries it from one step's scope to the
 * next.
 *
 * @param hidden [layers · directions, batch, stateSize], layer by layer, forward direction first; stateSize is hiddenSize, or what an
 *     LSTM projects it to
 * @param cell the same for the cell state of an LSTM, [layers · directions, batch, hiddenSize]; null for the others
 */
public record RecurrentState(Tensor hidden, @Nullable Tensor cell) implements TensorGroup {
    @Override
    public List<Tensor> tensors() {
        return cell == null ? List.of(hidden) : List.of(hidden, cell);
    }
}
