package dev.gatun.backend;

import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
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
     * @param name PyTorch's: {@code weight_ih_l0}, {@code weight_hh_l0}, {@code bias_ih_l0}, {@code bias_hh_l0}, {@code weight_hr_l0}, with
     *     {@code _reverse}
     * @param layout PyTorch's shape, [gates · hiddenSize, inputs], [gates · hiddenSize] or, of weight_hr, [projection, hiddenSize], within
     *     the packed storage
     */
    public record Entry(String name, Layout layout) {}

    /** All weights one after another without gaps: for each layer and direction weight_ih, weight_hh, bias_ih, bias_hh, weight_hr. */
    public static WeightLayout packed(RecurrentSpec spec) {
        List<Entry> entries = new ArrayList<>();
        long end = 0;
        for (int layer = 0; layer < spec.layers(); layer++) {
            for (int direction = 0; direction < spec.directions(); direction++) {
                String suffix = "_l" + layer + (direction == 1 ? "_reverse" : "");
                end = append(entries, "weight_ih" + suffix, Shape.of(spec.gateRows(), spec.inputSize(layer)), end);
                end = append(entries, "weight_hh" + suffix, Shape.of(spec.gateRows(), spec.stateSize()), end);
                if (spec.bias() != BiasMode.NONE) {
                    end = append(entries, "bias_ih" + suffix, Shape.of(spec.gateRows()), end);
                }
                if (spec.bias() == BiasMode.DOUBLE) {
                    end = append(entries, "bias_hh" + suffix, Shape.of(spec.gateRows()), end);
                }
                if (spec.projection() > 0) {
                    Shape shape = Shape.of(spec.projection(), spec.hiddenSize());
                    end = append(entries, "weight_hr" + suffix, shape, end);
                }
            }
        }
        return new WeightLayout(end, entries);
    }

    private static long append(List<Entry> entries, String name, Shape shape, long start) {
        entries.add(new Entry(name, Layout.contiguous(shape, start)));
        return Math.addExact(start, shape.elements());
    }
}
