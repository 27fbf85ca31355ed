package dev.gatun.cpu;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/**
 * The states of one direction of one layer at the step that is computed, or their gradients, in one storage.
 *
 * @param hidden [batch, stateSize]
 * @param cell [batch, hiddenSize]; of cells without a cell state what they need beside the hidden one
 * @param whole [batch, hiddenSize]: what a projection is given; {@code hidden} itself where there is none
 */
record RecurrentStates(View hidden, View cell, View whole) {
    /** States with undefined contents, to be released with the scratch. */
    static RecurrentStates take(RecurrentSpec spec, int batch, ScratchViews scratch) {
        long narrow = (long) batch * spec.stateSize();
        long wide = (long) batch * spec.hiddenSize();
        boolean projects = spec.projection() > 0;
        View all = scratch.take(Math.toIntExact(narrow + (projects ? 2 : 1) * wide));
        View hidden = all.with(Layout.contiguous(Shape.of(batch, spec.stateSize())));
        Shape shape = Shape.of(batch, spec.hiddenSize());
        View cell = all.with(Layout.contiguous(shape, narrow));
        View whole = projects ? all.with(Layout.contiguous(shape, narrow + wide)) : hidden;
        return new RecurrentStates(hidden, cell, whole);
    }
}
