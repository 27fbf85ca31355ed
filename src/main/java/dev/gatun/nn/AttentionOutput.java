package dev.gatun.nn;

import dev.gatun.Tensor;
import dev.gatun.TensorGroup;
import java.util.List;

/**
 * What attention gives with its weights.
 *
 * @param y the result, [batch, queries, size]
 * @param weights how much each query took from each key, per head and before dropout: [batch, heads, queries, keys]
 */
public record AttentionOutput(Tensor y, Tensor weights) implements TensorGroup {
    /** The mean of the weights over the heads, [batch, queries, keys]. */
    public Tensor averageWeights() {
        return weights.mean(1);
    }

    @Override
    public List<Tensor> tensors() {
        return List.of(y, weights);
    }
}
