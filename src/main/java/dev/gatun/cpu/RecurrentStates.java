package dev.gatun.cpu;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.View;
import dev.gatun.cpu.recurrent.StepRows;
import dev.gatun.cpu.recurrent.Timeline;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/**
 * The states of one direction of one layer at the step that is computed, or their gradients, in one storage; a row for each sequence,
 * longest first.
 *
 * @param all the storage
 * @param first elements before those of {@code hidden} in a row
 * @param width elements of such a row
 * @param hidden stateSize elements
 * @param cell hiddenSize elements; on the way back also what other cells need beside the hidden one
 * @param whole hiddenSize elements: what a projection is given; {@code hidden} itself where there is none
 */
record RecurrentStates(View all, int first, int width, StepRows hidden, StepRows cell, StepRows whole) {
    /** Rows of hidden states begin at multiples of so many elements, where vectors fit into lines of the cache. */
    private static final int ALIGNMENT = 16;

    /** States to be released with the scratch: {@code before} the hidden states so many elements, of which the first is 1; the rest undefined. */
    static RecurrentStates take(RecurrentFrame frame, int before, ScratchViews scratch) {
        RecurrentSpec spec = frame.spec;
        Timeline timeline = frame.timeline;
        int first = aligned(before);
        int width = before == 0 ? spec.stateSize() : first + aligned(spec.stateSize());
        long narrow = Math.multiplyExact((long) timeline.batch(), width);
        long wide = (long) timeline.batch() * spec.hiddenSize();
        boolean projects = spec.projection() > 0;
        View all = scratch.take(Math.toIntExact(narrow + (projects ? 2 : 1) * wide));
        if (before > 0) {
            Shape column = Shape.of(timeline.batch(), 1);
            View ones = all.with(Layout.strided(column, new long[] {width, 1}, first - before));
            frame.backend.memory().fill(ones, 1);
        }
        var segment = CpuStorage.segment(all);
        StepRows hidden = timeline.states(segment, frame.dtype, first, width);
        StepRows cell = timeline.states(segment, frame.dtype, narrow, spec.hiddenSize());
        StepRows whole = projects ? timeline.states(segment, frame.dtype, narrow + wide, spec.hiddenSize()) : hidden;
        return new RecurrentStates(all, first, width, hidden, cell, whole);
    }

    /** The rows of hidden states with so many of the elements before them. */
    StepRows hiddenAfter(int elements, Timeline timeline) {
        return timeline.states(CpuStorage.segment(all), all.dtype(), first - elements, width);
    }

    private static int aligned(int columns) {
        return Math.ceilDiv(columns, ALIGNMENT) * ALIGNMENT;
    }
}
