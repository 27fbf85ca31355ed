package dev.gatun.cpu;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cpu.recurrent.Cell;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/**
 * What a stack keeps for its backward pass, for packed rows: of every layer and direction the activated gates, the hidden state
 * before each step, what else the cell keeps, and what a projection was given; of every layer but the first its input, after dropout.
 */
record RecurrentReserve(RecurrentSpec spec, DType dtype, int rows, boolean keepsExtra) {
    private static final int ALIGNMENT = 16;

    RecurrentReserve(RecurrentSpec spec, DType dtype, int rows, Cell cell) {
        this(spec, dtype, rows, cell.keepsExtra());
    }

    long bytes() {
        return Math.multiplyExact(inputAt(spec.layers()), (long) dtype.byteSize());
    }

    /** [rows, gates · hiddenSize]. */
    View gates(Storage storage, int layer, int direction) {
        return view(storage, directionAt(layer, direction), spec.gateRows());
    }

    /** [rows, stateSize]. */
    View previous(Storage storage, int layer, int direction) {
        return view(storage, directionAt(layer, direction) + aligned(spec.gateRows()), spec.stateSize());
    }

    /** [rows, hiddenSize]; only where the cell keeps anything. */
    View extra(Storage storage, int layer, int direction) {
        long at = directionAt(layer, direction) + aligned(spec.gateRows()) + aligned(spec.stateSize());
        return view(storage, at, spec.hiddenSize());
    }

    /** [rows, hiddenSize]; only where there is a projection. */
    View whole(Storage storage, int layer, int direction) {
        return view(storage, directionAt(layer, direction + 1) - aligned(spec.hiddenSize()), spec.hiddenSize());
    }

    /** [rows, directions · stateSize], of any layer but the first. */
    View input(Storage storage, int layer) {
        return view(storage, inputAt(layer), spec.outputSize());
    }

    private View view(Storage storage, long at, int columns) {
        return new View(storage, dtype, Layout.contiguous(Shape.of(rows, columns), at));
    }

    private long directionAt(int layer, int direction) {
        int wide = (keepsExtra ? 1 : 0) + (spec.projection() > 0 ? 1 : 0);
        long each = aligned(spec.gateRows()) + aligned(spec.stateSize()) + aligned(spec.hiddenSize()) * wide;
        return Math.multiplyExact(each, (long) layer * spec.directions() + direction);
    }

    private long inputAt(int layer) {
        return directionAt(spec.layers(), 0) + (layer - 1) * aligned(spec.outputSize());
    }

    private long aligned(int columns) {
        return Math.ceilDiv(Math.multiplyExact((long) rows, columns), ALIGNMENT) * ALIGNMENT;
    }
}
