package dev.gatun.cpu;

import dev.gatun.backend.BiasMode;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** The weights of a stack, or their gradients, in one view, laid out as {@link dev.gatun.backend.WeightLayout#packed}. */
record RecurrentWeights(RecurrentSpec spec, View packed) {
    /** weight_ih [gates · hiddenSize, inputs]. */
    View input(int layer, int direction) {
        return packed.with(shifted(inputLayout(spec, layer, direction)));
    }

    /** weight_hh [gates · hiddenSize, stateSize]. */
    View recurrent(int layer, int direction) {
        return packed.with(shifted(recurrentLayout(spec, layer, direction)));
    }

    /** bias_ih [gates · hiddenSize], or null. */
    @Nullable
    View inputBias(int layer, int direction) {
        return spec.bias() == BiasMode.NONE ? null : packed.with(shifted(biasLayout(spec, layer, direction, 0)));
    }

    /** bias_hh [gates · hiddenSize], or null. */
    @Nullable
    View recurrentBias(int layer, int direction) {
        return spec.bias() == BiasMode.DOUBLE ? packed.with(shifted(biasLayout(spec, layer, direction, 1))) : null;
    }

    /** weight_hr [projection, hiddenSize]; only where there is a projection. */
    View projection(int layer, int direction) {
        return packed.with(shifted(projectionLayout(spec, layer, direction)));
    }

    private Layout shifted(Layout layout) {
        return Layout.contiguous(layout.shape(), packed.layout().offset() + layout.offset());
    }

    private static Layout inputLayout(RecurrentSpec spec, int layer, int direction) {
        return Layout.contiguous(Shape.of(spec.gateRows(), spec.inputSize(layer)), start(spec, layer, direction));
    }

    private static Layout recurrentLayout(RecurrentSpec spec, int layer, int direction) {
        long start = start(spec, layer, direction) + (long) spec.gateRows() * spec.inputSize(layer);
        return Layout.contiguous(Shape.of(spec.gateRows(), spec.stateSize()), start);
    }

    private static Layout biasLayout(RecurrentSpec spec, int layer, int direction, int index) {
        long columns = (long) spec.inputSize(layer) + spec.stateSize() + index;
        return Layout.contiguous(Shape.of(spec.gateRows()), start(spec, layer, direction) + spec.gateRows() * columns);
    }

    private static Layout projectionLayout(RecurrentSpec spec, int layer, int direction) {
        long end = start(spec, layer, direction) + blockElements(spec, layer);
        Shape shape = Shape.of(spec.projection(), spec.hiddenSize());
        return Layout.contiguous(shape, end - shape.elements());
    }

    /** Where a layer's direction begins; layers above the first are all of one size. */
    private static long start(RecurrentSpec spec, int layer, int direction) {
        int blocks = layer * spec.directions() + direction;
        int below = Math.min(blocks, spec.directions());
        return below * blockElements(spec, 0) + (blocks - below) * blockElements(spec, 1);
    }

    private static long blockElements(RecurrentSpec spec, int layer) {
        long columns =
                (long) spec.inputSize(layer) + spec.stateSize() + spec.bias().count();
        long projection = (long) spec.projection() * spec.hiddenSize();
        return Math.addExact(Math.multiplyExact(spec.gateRows(), columns), projection);
    }
}
