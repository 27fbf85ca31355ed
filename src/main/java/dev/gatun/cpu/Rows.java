package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** Inputs of one shape, row by row along their last axis. Where neighbours in a row lie apart, an input is copied to scratch first. */
final class Rows {
    private final CpuRuntime runtime;
    private final View[] inputs;
    private final int length;

    Rows(CpuRuntime runtime, String operation, View... inputs) {
        this.runtime = runtime;
        this.inputs = inputs;
        for (View input : inputs) {
            if (!input.shape().equals(inputs[0].shape())) {
                throw new ShapeException(operation, "shapes differ: " + inputs[0].shape() + " and " + input.shape());
            }
        }
        if (inputs[0].rank() == 0) {
            throw new ShapeException(operation, "expected rows, was given a scalar");
        }
        this.length = inputs[0].size(-1);
    }

    /** What is done with a row: its number, and the place of its first element in each input. */
    interface Body {
        void run(MemorySegment[] in, long[] at, long row);
    }

    /** The number of elements in a row. */
    int length() {
        return length;
    }

    /** Works on every row; nothing happens where rows are empty. */
    void run(Body body) {
        if (inputs[0].elements() == 0) {
            return;
        }
        List<CpuStorage> scratch = new ArrayList<>(inputs.length);
        try {
            MemorySegment[] segments = new MemorySegment[inputs.length];
            Layout[] starts = new Layout[inputs.length];
            for (int i = 0; i < inputs.length; i++) {
                View dense = withoutGaps(inputs[i], scratch);
                segments[i] = CpuStorage.segment(dense);
                starts[i] = dense.layout().select(-1, 0);
            }
            Runs runs = Runs.of(starts);
            Ranges.run(
                    runtime.pool(),
                    runs.elements(),
                    Ranges.grain(length),
                    (from, to) -> walk(runs, from, to, segments, body));
        } finally {
            scratch.forEach(CpuStorage::release);
        }
    }

    private View withoutGaps(View view, List<CpuStorage> scratch) {
        if (length == 1 || view.layout().stride(-1) == 1) {
            return view;
        }
        CpuStorage storage = runtime.scratch(view.elements() * view.dtype().byteSize());
        scratch.add(storage);
        View copy = new View(storage, view.dtype(), Layout.contiguous(view.shape()));
        Copy.copy(view, copy);
        return copy;
    }

    private static void walk(Runs runs, long from, long to, MemorySegment[] segments, Body body) {
        long[] at = new long[segments.length];
        long row = from;
        for (Runs.Cursor run = runs.cursor(from, to, Integer.MAX_VALUE); run.next(); ) {
            for (int i = 0; i < run.length(); i++) {
                for (int input = 0; input < at.length; input++) {
                    at[input] = run.offset(input) + i * runs.stride(input);
                }
                body.run(segments, at, row++);
            }
        }
    }
}
