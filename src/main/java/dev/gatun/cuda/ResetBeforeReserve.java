package dev.gatun.cuda;

import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/** What a stack keeps for its backward pass: of every layer its input, after dropout, and of each direction the gates and all states. */
record ResetBeforeReserve(RecurrentCall call, DType dtype) {
    private static final int ALIGNMENT = 64;

    long bytes() {
        return Math.multiplyExact(layerAt(call.spec().layers()), (long) dtype.byteSize());
    }

    /** [steps, batch, inputs of the layer]. */
    View input(Storage storage, int layer) {
        return view(
                storage,
                layerAt(layer),
                Shape.of(call.steps(), call.batch(), call.spec().inputSize(layer)));
    }

    /** [steps, batch, gates · hiddenSize]. */
    View gates(Storage storage, int layer, int direction) {
        return view(
                storage,
                directionAt(layer, direction),
                Shape.of(call.steps(), call.batch(), call.spec().gateRows()));
    }

    /** [steps + 1, batch, hiddenSize]: between step t − 1 and step t at place t, whichever comes first. */
    View states(Storage storage, int layer, int direction) {
        long at = directionAt(layer, direction) + rows(call.steps(), call.spec().gateRows());
        return view(
                storage,
                at,
                Shape.of(call.steps() + 1, call.batch(), call.spec().hiddenSize()));
    }

    private View view(Storage storage, long at, Shape shape) {
        return new View(storage, dtype, Layout.contiguous(shape, at));
    }

    private long directionAt(int layer, int direction) {
        return layerAt(layer) + rows(call.steps(), call.spec().inputSize(layer)) + direction * directionElements();
    }

    private long layerAt(int layer) {
        RecurrentSpec spec = call.spec();
        long at = 0;
        for (int below = 0; below < layer; below++) {
            at += rows(call.steps(), spec.inputSize(below)) + spec.directions() * directionElements();
        }
        return at;
    }

    private long directionElements() {
        return rows(call.steps(), call.spec().gateRows())
                + rows(call.steps() + 1, call.spec().hiddenSize());
    }

    private long rows(int steps, int columns) {
        long elements = Math.multiplyExact((long) steps * call.batch(), (long) columns);
        return Math.ceilDiv(elements, ALIGNMENT) * ALIGNMENT;
    }
}
