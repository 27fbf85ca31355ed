package dev.gatun.cpu;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cpu.recurrent.BackwardPass;
import dev.gatun.cpu.recurrent.StepRows;
import dev.gatun.cpu.recurrent.Walk;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass of a stack, from the last layer to the first: the walk gives the gradients of all gates; a few large products
 * over all steps turn them into those of the weights and of the layer's input.
 */
final class RecurrentBackward {
    private final RecurrentFrame frame;
    private final RecurrentWeights weights;
    private final @Nullable RecurrentWeights dweights;
    private final Storage kept;

    RecurrentBackward(RecurrentFrame frame, View weights, Storage kept, @Nullable View dweights) {
        this.frame = frame;
        this.weights = new RecurrentWeights(frame.spec, weights);
        this.kept = kept;
        this.dweights = dweights == null ? null : new RecurrentWeights(frame.spec, dweights);
    }

    /** What goes in and out: gradients of the outputs and of the states, any of them null. */
    record Gradients(
            @Nullable View dy,
            @Nullable View dhn,
            @Nullable View dcn,
            @Nullable View dx,
            @Nullable View dh0,
            @Nullable View dc0) {}

    /**
     * Of one direction of one layer, after the walk.
     *
     * @param gates gradients of the input projection, [rows, gates · hiddenSize], in the place of the kept gates
     * @param extra what the cell kept beside them, [rows, hiddenSize], or null; of a GRU that does not reset before its candidate's
     *     recurrent product, the gradient of that product
     * @param projected the gradient of a projection's output, [rows, projection], or null
     */
    record GateGradients(
            View gates, @Nullable View extra, @Nullable View projected) {}

    void run(View x, Gradients gradients) {
        View upstream = gradients.dy();
        for (int layer = frame.spec.layers() - 1; layer >= 0; layer--) {
            View dinput = null;
            if (layer > 0 || gradients.dx() != null) {
                dinput = dinput(layer, gradients.dx());
            }
            try (ScratchViews scratch = frame.newScratch()) {
                layer(layer, input(layer, x), upstream, dinput, gradients, scratch);
            }
            if (layer > 0 && dinput != null) {
                frame.drop(layer - 1, dinput);
            }
            upstream = dinput;
        }
        if (gradients.dx() != null && upstream != null) {
            frame.unpack(upstream, gradients.dx());
        }
    }

    /** Packed; null where it is kept beside the states. */
    private @Nullable View input(int layer, View x) {
        if (frame.reserve.isJoint()) {
            return null;
        }
        return layer == 0 ? frame.packed(x) : frame.reserve.input(kept, layer);
    }

    private View dinput(int layer, @Nullable View dx) {
        if (layer == 0 && dx != null && frame.timeline.isBatchMajor()) {
            return frame.packed(dx);
        }
        return frame.scratch.take(frame.timeline.rows(), frame.spec.inputSize(layer));
    }

    private void layer(
            int layer,
            @Nullable View input,
            @Nullable View upstream,
            @Nullable View dinput,
            Gradients gradients,
            ScratchViews scratch) {
        int directions = frame.spec.directions();
        GateGradients[] gates = new GateGradients[directions];
        BackwardPass[] passes = new BackwardPass[directions];
        RecurrentStates[] states = new RecurrentStates[directions];
        for (int d = 0; d < directions; d++) {
            states[d] = RecurrentStates.take(frame, 0, scratch);
            frame.loadState(gradients.dhn(), layer * directions + d, states[d].hidden(), frame.spec.stateSize());
            frame.loadState(gradients.dcn(), layer * directions + d, states[d].cell(), frame.spec.hiddenSize());
            gates[d] = gateGradients(layer, d, scratch);
            passes[d] = pass(layer, d, upstream, gates[d], states[d], scratch);
        }
        frame.walk(
                frame.spec.stateSize(),
                (d, from, to) -> Walk.backward(frame.cell, frame.timeline, d == 1, passes[d], from, to));
        for (int d = 0; d < directions; d++) {
            frame.storeState(states[d].hidden(), gradients.dh0(), layer * directions + d);
            frame.storeState(states[d].cell(), gradients.dc0(), layer * directions + d);
            if (dweights != null) {
                weightGradients(dweights, layer, d, input, gates[d], scratch);
            }
            if (dinput != null) {
                Epilogue epilogue = d > 0 ? Epilogue.onto(dinput) : Epilogue.NONE;
                frame.backend.matrix().matmul(gates[d].gates(), weights.input(layer, d), epilogue, dinput);
            }
        }
    }

    private GateGradients gateGradients(int layer, int d, ScratchViews scratch) {
        int projection = frame.spec.projection();
        return new GateGradients(
                frame.reserve.gates(kept, layer, d),
                frame.cell.keepsExtra() ? frame.reserve.extra(kept, layer, d) : null,
                projection > 0 ? scratch.take(frame.timeline.rows(), projection) : null);
    }

    private BackwardPass pass(
            int layer,
            int d,
            @Nullable View upstream,
            GateGradients gates,
            RecurrentStates dstates,
            ScratchViews scratch) {
        View projected = gates.projected();
        View extra = gates.extra();
        return new BackwardPass(
                new RecurrentProducts(frame, weights, scratch).backward(layer, d),
                frame.packedRows(gates.gates(), 0),
                frame.packedRows(frame.reserve.previous(kept, layer, d), frame.reserve.inputs(layer)),
                extra == null ? StepRows.NONE : frame.packedRows(extra, 0),
                upstreamRows(layer, d, upstream, scratch),
                dstates.hidden(),
                dstates.cell(),
                dstates.whole(),
                projected == null ? StepRows.NONE : frame.packedRows(projected, 0),
                projected == null ? StepRows.NONE : zeros(frame.spec.hiddenSize(), scratch));
    }

    /** Of the stack's output as the caller gave it, or of the next layer's input, which is packed. */
    private StepRows upstreamRows(int layer, int d, @Nullable View upstream, ScratchViews scratch) {
        if (upstream == null) {
            return zeros(frame.spec.stateSize(), scratch);
        }
        int first = d * frame.spec.stateSize();
        return layer == frame.spec.layers() - 1
                ? frame.batchMajorRows(upstream, first)
                : frame.packedRows(upstream, first);
    }

    private StepRows zeros(int size, ScratchViews scratch) {
        View zeros = scratch.take(size);
        frame.backend.memory().fill(zeros, 0);
        return frame.timeline.repeated(CpuStorage.segment(zeros), frame.dtype, 0);
    }

    private void weightGradients(
            RecurrentWeights into, int layer, int d, @Nullable View input, GateGradients gates, ScratchViews scratch) {
        var gradients = new RecurrentWeightGradients(frame, into, layer, d, gates);
        View states = frame.reserve.previous(kept, layer, d);
        if (input == null) {
            gradients.ofJoint(states, scratch);
        } else {
            gradients.ofInputAndStates(input, states);
        }
        if (gates.projected() != null) {
            gradients.ofProjection(gates.projected(), frame.reserve.whole(kept, layer, d));
        }
        gradients.ofBiases();
    }
}
