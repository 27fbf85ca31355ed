package dev.gatun.cpu;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;

/**
 * From the gradients of the gates of one direction of one layer to those of its weights, by products over all steps.
 *
 * @param frame of the pass
 * @param into where the gradients go
 * @param layer the layer
 * @param d the direction
 * @param gates the gradients of its gates
 */
record RecurrentWeightGradients(
        RecurrentFrame frame, RecurrentWeights into, int layer, int d, RecurrentBackward.GateGradients gates) {
    /** Of weight_ih and weight_hh, given the packed inputs and the states before each step. */
    void ofInputAndStates(View input, View states) {
        product(gates.input(), input, into.input(layer, d));
        int[] cuts = frame.cell.backwardCuts();
        for (int i = 0; i + 1 < cuts.length; i++) {
            int from = cuts[i] * frame.spec.hiddenSize();
            int to = cuts[i + 1] * frame.spec.hiddenSize();
            product(
                    columns(gates.recurrent(), from, to),
                    i == 0 ? states : gates.reset(),
                    rows(into.recurrent(layer, d), from, to));
        }
    }

    /** The same where inputs and states lie side by side: one product for the gates that see both, two for the GRU's candidate. */
    void ofJoint(View joint, ScratchViews scratch) {
        int inputs = frame.spec.inputSize(layer);
        int all = frame.spec.gateRows();
        int shared = frame.cell.forwardCuts()[1] * frame.spec.hiddenSize();
        View dinput = into.input(layer, d);
        View drecurrent = into.recurrent(layer, d);
        View both = scratch.take(shared, joint.size(1));
        product(columns(gates.input(), 0, shared), joint, both);
        frame.backend.memory().copy(columns(both, 0, inputs), rows(dinput, 0, shared));
        frame.backend.memory().copy(columns(both, inputs, joint.size(1)), rows(drecurrent, 0, shared));
        if (shared < all) {
            View states = columns(joint, inputs, joint.size(1));
            boolean resets = frame.cell.backwardCuts().length > 2;
            product(columns(gates.input(), shared, all), columns(joint, 0, inputs), rows(dinput, shared, all));
            product(
                    columns(gates.recurrent(), shared, all),
                    resets ? gates.reset() : states,
                    rows(drecurrent, shared, all));
        }
    }

    /** Of weight_hr, given the gradients of what it put out and what it multiplied. */
    void ofProjection(View projected, View whole) {
        product(projected, whole, into.projection(layer, d));
    }

    /** Of the biases, most of which see the same gradients. */
    void ofBiases() {
        View dinput = into.inputBias(layer, d);
        View drecurrent = into.recurrentBias(layer, d);
        int all = frame.spec.gateRows();
        int folded = frame.cell.foldedBiases() * frame.spec.hiddenSize();
        if (dinput != null) {
            sumRows(gates.input(), dinput);
        }
        if (dinput != null && drecurrent != null) {
            frame.backend.memory().copy(rows(dinput, 0, folded), rows(drecurrent, 0, folded));
        }
        if (drecurrent != null && folded < all) {
            sumRows(columns(gates.recurrent(), folded, all), rows(drecurrent, folded, all));
        }
    }

    /** target = gatesᵀ · right, summed over all rows. */
    private void product(View gradients, View right, View target) {
        View transposed = gradients.with(gradients.layout().transpose(0, 1));
        frame.backend.matrix().matmul(transposed, right, Epilogue.NONE, target);
    }

    private void sumRows(View gradients, View target) {
        Layout row =
                Layout.contiguous(Shape.of(1, target.size(0)), target.layout().offset());
        frame.backend.reduction().reduce(Reduction.SUM, gradients, target.with(row));
    }

    private static View rows(View view, int from, int to) {
        return view.with(view.layout().slice(0, from, to));
    }

    private static View columns(View view, int from, int to) {
        return view.with(view.layout().slice(1, from, to));
    }
}
