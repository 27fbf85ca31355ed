package dev.gatun.cpu;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cpu.recurrent.Cell;
import dev.gatun.cpu.recurrent.Timeline;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/**
 * What a stack keeps for its backward pass, which overwrites some of it, for packed rows: of every layer and direction the activated
 * gates, the hidden state before each step, what else the cell keeps, and what a projection was given; the input of each step, after
 * dropout, beside the hidden state where the two are multiplied at once, and else of every layer but the first by itself.
 *
 * @param isJoint whether a step multiplies inputs and states at once, which pays for whole tiles of sequences, and for a single row
 */
record RecurrentReserve(RecurrentSpec spec, DType dtype, int rows, boolean isJoint, boolean keepsExtra) {
    /** Sequences that make whole tiles, also of half of them. */
    private static final int JOINT_SEQUENCES = 16;

    private static final int ALIGNMENT = 16;

    RecurrentReserve(RecurrentSpec spec, DType dtype, Timeline timeline, Cell cell) {
        this(
                spec,
                dtype,
                timeline.rows(),
                timeline.batch() >= JOINT_SEQUENCES || timeline.rows() == 1,
                cell.keepsExtra());
    }

    /** Elements before the hidden state in a row of {@link #previous}. */
    int inputs(int layer) {
        return isJoint ? spec.inputSize(layer) : 0;
    }

    long bytes() {
        long elements = isJoint ? directionAt(spec.layers(), 0) : inputAt(spec.layers());
        return Math.multiplyExact(elements, (long) dtype.byteSize());
    }

    /** [rows, gates · hiddenSize]. */
    View gates(Storage storage, int layer, int direction) {
        return view(storage, directionAt(layer, direction), spec.gateRows());
    }

    /** [rows, stateSize], or [rows, inputSize + stateSize]. */
    View previous(Storage storage, int layer, int direction) {
        return view(storage, directionAt(layer, direction) + aligned(spec.gateRows()), previousColumns(layer));
    }

    private int previousColumns(int layer) {
        return Math.addExact(inputs(layer), spec.stateSize());
    }

    /** [rows, hiddenSize]; only where the cell keeps anything. */
    View extra(Storage storage, int layer, int direction) {
        long at = directionAt(layer, direction) + aligned(spec.gateRows()) + aligned(previousColumns(layer));
        return view(storage, at, spec.hiddenSize());
    }

    /** [rows, hiddenSize]; only where there is a projection. */
    View whole(Storage storage, int layer, int direction) {
        return view(storage, directionAt(layer, direction + 1) - aligned(spec.hiddenSize()), spec.hiddenSize());
    }

    /** [rows, directions · stateSize], of any layer but the first; only where it is not beside the states. */
    View input(Storage storage, int layer) {
        return view(storage, inputAt(layer), spec.outputSize());
    }

    private View view(Storage storage, long at, int columns) {
        return new View(storage, dtype, Layout.contiguous(Shape.of(rows, columns), at));
    }

    private long directionAt(int layer, int direction) {
        int below = Math.min(layer, 1) * spec.directions();
        int above = layer * spec.directions() - below;
        long lower = Math.multiplyExact(directionElements(0), (long) (layer == 0 ? direction : below));
        long upper = layer == 0 ? 0 : Math.multiplyExact(directionElements(1), (long) above + direction);
        return Math.addExact(lower, upper);
    }

    /** Of each direction of a layer; layers above the first are all of one size. */
    private long directionElements(int layer) {
        int wide = (keepsExtra ? 1 : 0) + (spec.projection() > 0 ? 1 : 0);
        return aligned(spec.gateRows()) + aligned(previousColumns(layer)) + aligned(spec.hiddenSize()) * wide;
    }

    private long inputAt(int layer) {
        return directionAt(spec.layers(), 0) + (layer - 1) * aligned(spec.outputSize());
    }

    private long aligned(int columns) {
        return Math.ceilDiv(Math.multiplyExact((long) rows, columns), ALIGNMENT) * ALIGNMENT;
    }
}
