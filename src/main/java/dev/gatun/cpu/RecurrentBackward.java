package dev.gatun.cpu;

import dev.gatun.backend.CellType;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cpu.recurrent.BackwardPass;
import dev.gatun.cpu.recurrent.StepRows;
import dev.gatun.cpu.recurrent.Walk;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
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
     * The gradients of one direction's gates, [rows, gates · hiddenSize]; r ⊙ h where the cell multiplies it; that of a projection's
     * output, [rows, projection].
     */
    record GateGradients(
            View input,
            View recurrent,
            View reset,
            @Nullable View projected) {}

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
                frame.backend.matrix().matmul(gates[d].input(), weights.input(layer, d), epilogue, dinput);
            }
        }
    }

    /** In the place of the kept gates, but for a GRU's, which are read once more when the first gradients are there. */
    private GateGradients gateGradients(int layer, int d, ScratchViews scratch) {
        CellType cell = frame.spec.cell();
        if (cell == CellType.GRU || cell == CellType.GRU_RESET_BEFORE) {
            return gruGradients(cell == CellType.GRU_RESET_BEFORE, scratch);
        }
        View gates = frame.reserve.gates(kept, layer, d);
        int projection = frame.spec.projection();
        View projected = projection > 0 ? scratch.take(frame.timeline.rows(), projection) : null;
        return new GateGradients(gates, gates, gates, projected);
    }

    private GateGradients gruGradients(boolean resetsBefore, ScratchViews scratch) {
        int rows = frame.timeline.rows();
        long elements = (long) rows * frame.spec.gateRows();
        long extra = resetsBefore ? (long) rows * frame.spec.hiddenSize() : elements;
        CpuStorage storage = scratch.storage(Math.multiplyExact(elements + extra, (long) frame.dtype.byteSize()));
        Shape shape = Shape.of(rows, frame.spec.gateRows());
        View input = new View(storage, frame.dtype, Layout.contiguous(shape));
        if (resetsBefore) {
            View reset = input.with(Layout.contiguous(Shape.of(rows, frame.spec.hiddenSize()), elements));
            return new GateGradients(input, input, reset, null);
        }
        return new GateGradients(input, input.with(Layout.contiguous(shape, elements)), input, null);
    }

    private BackwardPass pass(
            int layer,
            int d,
            @Nullable View upstream,
            GateGradients gates,
            RecurrentStates dstates,
            ScratchViews scratch) {
        View projected = gates.projected();
        return new BackwardPass(
                new RecurrentProducts(frame, weights, scratch).backward(layer, d),
                frame.packedRows(frame.reserve.gates(kept, layer, d), 0),
                frame.packedRows(frame.reserve.previous(kept, layer, d), frame.reserve.inputs(layer)),
                frame.cell.keepsExtra() ? frame.packedRows(frame.reserve.extra(kept, layer, d), 0) : StepRows.NONE,
                upstreamRows(layer, d, upstream, scratch),
                dstates.hidden(),
                dstates.cell(),
                dstates.whole(),
                projected == null ? StepRows.NONE : frame.packedRows(projected, 0),
                projected == null ? StepRows.NONE : zeros(frame.spec.hiddenSize(), scratch),
                frame.packedRows(gates.input(), 0),
                frame.packedRows(gates.recurrent(), 0),
                frame.packedRows(gates.reset(), 0));
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
