package dev.gatun.backend;

import dev.gatun.layout.Layout;
import java.util.List;

/**
 * How a backend packs the weights of a recurrent stack into one storage.
 *
 * @param elements size of the packed storage, in elements
 * @param entries every weight and bias, in PyTorch's order
 */
public record WeightLayout(long elements, List<Entry> entries) {
    /**
     * One weight or bias.
     *
     * @param name PyTorch's: {@code weight_ih_l0}, {@code weight_hh_l0}, {@code bias_ih_l0}, {@code bias_hh_l0}, with {@code _reverse}
     * @param layout PyTorch's shape, [gates · hiddenSize, inputs] or [gates · hiddenSize], within the packed storage
     */
    public record Entry(String name, Layout layout) {}
}
