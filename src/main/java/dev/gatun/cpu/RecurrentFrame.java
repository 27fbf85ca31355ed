package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.View;
import dev.gatun.cpu.recurrent.Cell;
import dev.gatun.cpu.recurrent.StepRows;
import dev.gatun.cpu.recurrent.Timeline;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** What the forward and the backward pass of one call have in common: its timeline and cell, the order of its rows, its threads. */
final class RecurrentFrame implements AutoCloseable {
    /** Multiplications below which waking another thread costs more than it saves. */
    private static final long SMALL_WORK = 1 << 18;

    /** A walk of some sequences in one direction. */
    interface RangeWalk {
        void walk(int direction, int from, int to);
    }

    final CpuRuntime runtime;
    final Backend backend;
    final RecurrentCall call;
    final RecurrentSpec spec;
    final DType dtype;
    final Timeline timeline;
    final Cell cell;
    final RecurrentReserve reserve;
    final ScratchViews scratch;

    RecurrentFrame(CpuRuntime runtime, Backend backend, RecurrentCall call, DType dtype) {
        this.runtime = runtime;
        this.backend = backend;
        this.call = call;
        this.spec = call.spec();
        this.dtype = dtype;
        this.timeline = new Timeline(call.batch(), call.steps(), call.lengths());
        this.cell = Cell.of(spec, runtime.kernels(dtype));
        this.reserve = new RecurrentReserve(spec, dtype, timeline, cell);
        this.scratch = newScratch();
    }

    /** Scratch to be released before this frame's own. */
    ScratchViews newScratch() {
        return new ScratchViews(runtime, dtype);
    }

    /** Runs a walk for every direction over ranges of sequences, on as many threads as its work is worth: so many terms for each gate. */
    void walk(int terms, RangeWalk walk) {
        double work = (double) timeline.rows() * spec.gateRows() * spec.directions() * terms;
        if (work < SMALL_WORK) {
            for (int direction = 0; direction < spec.directions(); direction++) {
                walk.walk(direction, 0, timeline.batch());
            }
            return;
        }
        int[] cuts = timeline.split(Math.ceilDiv(runtime.pool().threads(), spec.directions()));
        int ranges = cuts.length - 1;
        runtime.pool().run(spec.directions() * ranges, task -> {
            int range = task % ranges;
            walk.walk(task / ranges, cuts[range], cuts[range + 1]);
        });
    }

    /** The packed rows of x [batch, steps, features] as [rows, features]: x itself where it lies so, else a copy. */
    View packed(View x) {
        int features = x.size(2);
        if (timeline.isBatchMajor()) {
            return x.with(Layout.contiguous(
                    Shape.of(timeline.rows(), features), x.layout().offset()));
        }
        View packed = scratch.take(timeline.rows(), features);
        copyRows(batchMajorRows(x, 0), packedRows(packed, 0), features);
        return packed;
    }

    /** The reverse of {@link #packed}: rows past a length become zero. */
    void unpack(View packed, View x) {
        if (!timeline.isBatchMajor()) {
            copyRows(packedRows(packed, 0), batchMajorRows(x, 0), x.size(2));
        }
        clearPast(x);
    }

    /** Sets what lies past the lengths in [batch, steps, features] to zero. */
    void clearPast(View x) {
        StepRows rows = batchMajorRows(x, 0);
        for (int sequence = 0; sequence < timeline.batch(); sequence++) {
            for (int step = timeline.length(sequence); step < call.steps(); step++) {
                rows.clear(step, sequence, x.size(2));
            }
        }
    }

    private void copyRows(StepRows source, StepRows target, int features) {
        int[] cuts = timeline.split(runtime.pool().threads());
        runtime.pool().run(cuts.length - 1, range -> {
            for (int sequence = cuts[range]; sequence < cuts[range + 1]; sequence++) {
                for (int step = 0; step < timeline.length(sequence); step++) {
                    source.copyTo(target, step, sequence, features);
                }
            }
        });
    }

    /** Copies a layer's and direction's part of [layers · directions, batch, features] out, longest sequence first; null is zero. */
    void loadState(@Nullable View states, int slot, StepRows target, int features) {
        if (states != null) {
            copyStates(slotRows(states, slot), target, features);
            return;
        }
        for (int sequence = 0; sequence < timeline.batch(); sequence++) {
            target.clear(0, sequence, features);
        }
    }

    /** The reverse of {@link #loadState}; nothing happens where null is given. */
    void storeState(StepRows source, @Nullable View states, int slot) {
        if (states != null) {
            copyStates(source, slotRows(states, slot), states.size(2));
        }
    }

    private void copyStates(StepRows source, StepRows target, int features) {
        for (int sequence = 0; sequence < timeline.batch(); sequence++) {
            source.copyTo(target, 0, sequence, features);
        }
    }

    /** Dropout after a layer, in place, on the packed rows; the same again on their gradient. */
    void drop(int layer, View rows) {
        RandomStream stream = call.dropout();
        if (stream != null && spec.dropout() > 0) {
            long skipped = layer * RecurrentCall.dropoutBlocks(spec, call.batch(), call.steps());
            RandomStream own = new RandomStream(stream.seed(), stream.offset() + skipped);
            backend.random().dropout(own, spec.dropout(), rows, rows);
        }
    }

    /** Rows as they lie in [rows, columns], of which {@code first} is the first of interest. */
    StepRows packedRows(View view, int first) {
        return timeline.packed(CpuStorage.segment(view), dtype, view.layout().offset() + first, view.size(1));
    }

    /** Rows as they lie in [batch, steps, columns], of which {@code first} is the first of interest. */
    StepRows batchMajorRows(View view, int first) {
        return timeline.batchMajor(
                CpuStorage.segment(view), dtype, view.layout().offset() + first, view.size(2));
    }

    /** Rows as they lie in [batch, features], longest sequence first. */
    StepRows stateRows(View view) {
        return timeline.states(CpuStorage.segment(view), dtype, view.layout().offset(), view.size(1));
    }

    private StepRows slotRows(View states, int slot) {
        int features = states.size(2);
        long at = states.layout().offset() + (long) slot * call.batch() * features;
        return timeline.unsortedStates(CpuStorage.segment(states), dtype, at, features);
    }

    @Override
    public void close() {
        scratch.close();
    }
}
