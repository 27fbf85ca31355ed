package dev.gatun.cuda;

import dev.gatun.backend.View;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Sequences of length 0, which cuDNN is not promised to take: they run as sequences of one step on zeros, whose results are put right
 * afterwards and whose gradients begin as zeros, so that they add nothing.
 *
 * @param rows their places in the batch
 */
@SuppressWarnings("ArrayRecordComponent") // made for one call, never compared
record AbsentRows(CudaMemory memory, int[] rows) {
    /** @param lengths null when all sequences have all steps */
    static AbsentRows of(CudaMemory memory, int @Nullable [] lengths) {
        int[] rows = lengths == null
                ? new int[0]
                : IntStream.range(0, lengths.length)
                        .filter(row -> lengths[row] == 0)
                        .toArray();
        return new AbsentRows(memory, rows);
    }

    boolean none() {
        return rows.length == 0;
    }

    /** The view with zeros in the rows along an axis: itself where there are none, else a copy. */
    View cleared(View view, int axis, Scratch scratch) {
        if (none()) {
            return view;
        }
        View copy = scratch.copy(view);
        clear(copy, axis);
        return copy;
    }

    /** As {@link #cleared}; null stays null. */
    @Nullable
    View clearedOrNull(@Nullable View view, int axis, Scratch scratch) {
        return view == null ? null : cleared(view, axis, scratch);
    }

    /** Zeros in the rows along an axis. */
    void clear(View view, int axis) {
        for (int row : rows) {
            memory.fill(view.with(view.layout().slice(axis, row, row + 1)), 0);
        }
    }

    /** In the rows along an axis, what another view has there; zeros where it is null. */
    void take(@Nullable View from, @Nullable View into, int axis) {
        if (into == null) {
            return;
        }
        for (int row : rows) {
            View target = into.with(into.layout().slice(axis, row, row + 1));
            if (from == null) {
                memory.fill(target, 0);
            } else {
                memory.copy(from.with(from.layout().slice(axis, row, row + 1)), target);
            }
        }
    }
}
