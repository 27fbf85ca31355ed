package dev.gatun.cpu;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cpu.recurrent.ForwardPass;
import dev.gatun.cpu.recurrent.JointRows;
import dev.gatun.cpu.recurrent.StepRows;
import dev.gatun.cpu.recurrent.Walk;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass of a stack, layer by layer: one product projects the inputs of all steps, and the walk adds the recurrent products
 * step by step; or the walk multiplies inputs and states at once. Weights are packed once.
 */
final class RecurrentForward {
    private final RecurrentFrame frame;
    private final RecurrentWeights weights;
    private final @Nullable Storage kept;

    /** States before the first step, zeros where null, and where those after the last go. */
    private record Ends(
            @Nullable View h0,
            @Nullable View c0,
            View hn,
            @Nullable View cn) {}

    /** A pass that fills {@code kept} for the way back, or keeps nothing. */
    RecurrentForward(RecurrentFrame frame, View weights, @Nullable Storage kept) {
        this.frame = frame;
        this.weights = new RecurrentWeights(frame.spec, weights);
        this.kept = kept;
    }

    void run(View x, @Nullable View h0, @Nullable View c0, View y, View hn, @Nullable View cn) {
        int layers = frame.spec.layers();
        Ends ends = new Ends(h0, c0, hn, cn);
        View input = frame.reserve.isJoint() ? x : frame.packed(x);
        for (int layer = 0; layer < layers; layer++) {
            boolean last = layer == layers - 1;
            View output = last ? y : between(layer + 1);
            try (ScratchViews scratch = frame.newScratch()) {
                layer(layer, input, output, ends, scratch);
            }
            if (!last) {
                frame.drop(layer, output);
            }
            input = output;
        }
        frame.clearPast(y);
    }

    private View between(int layer) {
        return kept != null && !frame.reserve.isJoint()
                ? frame.reserve.input(kept, layer)
                : frame.scratch.take(frame.timeline.rows(), frame.spec.outputSize());
    }

    private void layer(int layer, View input, View output, Ends ends, ScratchViews scratch) {
        if (kept == null && SequenceSlices.suits(frame)) {
            slices(layer, input, output, ends, scratch);
            return;
        }
        int directions = frame.spec.directions();
        ForwardPass[] passes = new ForwardPass[directions];
        RecurrentStates[] states = new RecurrentStates[directions];
        for (int d = 0; d < directions; d++) {
            JointWeights joint = frame.reserve.isJoint() ? joint(layer, d, scratch) : null;
            states[d] = RecurrentStates.take(frame, joint == null ? 0 : joint.inputs(), scratch);
            frame.loadState(ends.h0(), layer * directions + d, states[d].hidden(), frame.spec.stateSize());
            frame.loadState(ends.c0(), layer * directions + d, states[d].cell(), frame.spec.hiddenSize());
            passes[d] = pass(layer, d, input, output, joint, states[d], scratch);
        }
        int terms = frame.reserve.inputs(layer) + frame.spec.stateSize();
        frame.walk(terms, (d, from, to) -> Walk.forward(frame.cell, frame.timeline, d == 1, passes[d], from, to));
        for (int d = 0; d < directions; d++) {
            frame.storeState(states[d].hidden(), ends.hn(), layer * directions + d);
            frame.storeState(states[d].cell(), ends.cn(), layer * directions + d);
        }
    }

    /** One sequence alone, whose hidden units are shared out. */
    private void slices(int layer, View input, View output, Ends ends, ScratchViews scratch) {
        RecurrentStates states = RecurrentStates.take(frame, 0, scratch);
        frame.loadState(ends.h0(), layer, states.hidden(), frame.spec.stateSize());
        frame.loadState(ends.c0(), layer, states.cell(), frame.spec.hiddenSize());
        var parts = new SequenceSlices.Layer(
                layer,
                input,
                projectionBias(layer, 0, scratch),
                candidateBias(layer, 0, scratch),
                states,
                output(layer, output, 0));
        new SequenceSlices(frame, weights, parts, scratch).run();
        frame.storeState(states.hidden(), ends.hn(), layer);
        frame.storeState(states.cell(), ends.cn(), layer);
    }

    private StepRows output(int layer, View output, int first) {
        return layer == frame.spec.layers() - 1 ? frame.batchMajorRows(output, first) : frame.packedRows(output, first);
    }

    private ForwardPass pass(
            int layer,
            int d,
            View input,
            View output,
            @Nullable JointWeights joint,
            RecurrentStates states,
            ScratchViews scratch) {
        int first = d * frame.spec.stateSize();
        Gates gates = kept != null ? keptGates(kept, layer, d) : passingGates(scratch);
        if (joint == null) {
            project(layer, d, input, gates.all(), scratch);
        }
        RecurrentProducts products = new RecurrentProducts(frame, weights, scratch);
        return new ForwardPass(
                kept != null,
                joint == null ? null : jointRows(layer, input, joint, states),
                joint == null ? products.forward(layer, d) : products.joint(layer, d, joint),
                gates.rows(),
                kept != null ? frame.packedRows(frame.reserve.previous(kept, layer, d), 0) : StepRows.NONE,
                gates.extra(),
                states.hidden(),
                states.cell(),
                states.whole(),
                kept != null && frame.spec.projection() > 0
                        ? frame.packedRows(frame.reserve.whole(kept, layer, d), 0)
                        : states.whole(),
                states.hidden(),
                output(layer, output, first),
                candidateBias(layer, d, scratch));
    }

    /** Gates with what else the cell keeps in the same segment; all of them as one matrix where they are there all at once. */
    private record Gates(View all, StepRows rows, StepRows extra) {}

    private Gates keptGates(Storage kept, int layer, int d) {
        View all = frame.reserve.gates(kept, layer, d);
        StepRows extra =
                frame.cell.keepsExtra() ? frame.packedRows(frame.reserve.extra(kept, layer, d), 0) : StepRows.NONE;
        return new Gates(all, frame.packedRows(all, 0), extra);
    }

    /** Of one step alone where inputs and states are multiplied at once. */
    private Gates passingGates(ScratchViews scratch) {
        int batch = frame.timeline.batch();
        int size = frame.spec.hiddenSize();
        int columns = frame.spec.gateRows();
        boolean joint = frame.reserve.isJoint();
        int rows = joint ? batch : frame.timeline.rows();
        long gateElements = (long) rows * columns;
        long elements = gateElements + (long) batch * size;
        CpuStorage storage = scratch.storage(Math.multiplyExact(elements, (long) frame.dtype.byteSize()));
        View all = new View(storage, frame.dtype, Layout.contiguous(Shape.of(rows, columns)));
        StepRows extra = frame.timeline.states(storage.segment(), frame.dtype, gateElements, size);
        return new Gates(all, joint ? frame.stateRows(all) : frame.packedRows(all, 0), extra);
    }

    private JointWeights joint(int layer, int d, ScratchViews scratch) {
        return new JointWeights(
                weights.input(layer, d),
                weights.recurrent(layer, d),
                frame.spec.bias(),
                frame.cell.foldedBiases(),
                () -> projectionBias(layer, d, scratch));
    }

    /** The first layer's input is the caller's, those above it are packed. */
    private JointRows jointRows(int layer, View input, JointWeights joint, RecurrentStates states) {
        StepRows x = layer == 0
                ? frame.timeline.batchMajor(
                        CpuStorage.readable(input), frame.dtype, input.layout().offset(), input.size(2))
                : frame.packedRows(input, 0);
        int features = frame.spec.inputSize(layer);
        return new JointRows(
                x,
                states.hiddenAfter(joint.inputs(), frame.timeline),
                states.hiddenAfter(features, frame.timeline),
                joint.inputs(),
                features + frame.spec.stateSize());
    }

    /** gates = input · W_ihᵀ + bias for all steps. */
    private void project(int layer, int d, View input, View gates, ScratchViews scratch) {
        View right = weights.input(layer, d);
        View transposed = right.with(right.layout().transpose(0, 1));
        Epilogue bias = Epilogue.bias(projectionBias(layer, d, scratch));
        frame.backend.matrix().matmul(input, transposed, bias, gates);
    }

    /** b_ih, with as much of b_hh as the cell allows. */
    private @Nullable View projectionBias(int layer, int d, ScratchViews scratch) {
        View inputBias = weights.inputBias(layer, d);
        View recurrentBias = weights.recurrentBias(layer, d);
        if (inputBias == null || recurrentBias == null) {
            return inputBias;
        }
        View sum = scratch.take(frame.spec.gateRows());
        int folded = frame.cell.foldedBiases() * frame.spec.hiddenSize();
        frame.backend.memory().copy(inputBias, sum);
        frame.backend
                .elementwise()
                .accumulate(
                        recurrentBias.with(recurrentBias.layout().slice(0, 0, folded)),
                        1,
                        sum.with(sum.layout().slice(0, 0, folded)));
        return sum;
    }

    /** What of b_hh was not folded into the projection; zeros where there is no b_hh. */
    private StepRows candidateBias(int layer, int d, ScratchViews scratch) {
        int size = frame.spec.hiddenSize();
        int folded = frame.cell.foldedBiases() * size;
        if (folded == frame.spec.gateRows()) {
            return StepRows.NONE;
        }
        View bias = weights.recurrentBias(layer, d);
        if (bias == null) {
            View zeros = scratch.take(size);
            frame.backend.memory().fill(zeros, 0);
            return frame.timeline.repeated(CpuStorage.segment(zeros), frame.dtype, 0);
        }
        return frame.timeline.repeated(
                CpuStorage.readable(bias), frame.dtype, bias.layout().offset() + folded);
    }
}
