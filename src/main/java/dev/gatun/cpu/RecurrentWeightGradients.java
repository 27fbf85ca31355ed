package dev.gatun.cpu;

import dev.gatun.backend.CellType;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.Objects;

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
        product(gates.gates(), input, into.input(layer, d));
        int shared = frame.cell.cuts()[1] * frame.spec.hiddenSize();
        View drecurrent = into.recurrent(layer, d);
        product(columns(gates.gates(), 0, shared), states, rows(drecurrent, 0, shared));
        if (shared < frame.spec.gateRows()) {
            ofCandidate(states, rows(drecurrent, shared, frame.spec.gateRows()));
        }
    }

    /** The same where inputs and states lie side by side: one product for the gates that see both, two for the GRU's candidate. */
    void ofJoint(View joint, ScratchViews scratch) {
        int inputs = frame.spec.inputSize(layer);
        int all = frame.spec.gateRows();
        int shared = frame.cell.cuts()[1] * frame.spec.hiddenSize();
        View dinput = into.input(layer, d);
        View drecurrent = into.recurrent(layer, d);
        View both = scratch.take(shared, joint.size(1));
        product(columns(gates.gates(), 0, shared), joint, both);
        frame.backend.memory().copy(columns(both, 0, inputs), rows(dinput, 0, shared));
        frame.backend.memory().copy(columns(both, inputs, joint.size(1)), rows(drecurrent, 0, shared));
        if (shared < all) {
            product(columns(gates.gates(), shared, all), columns(joint, 0, inputs), rows(dinput, shared, all));
            ofCandidate(columns(joint, inputs, joint.size(1)), rows(drecurrent, shared, all));
        }
    }

    /** Of the rows of weight_hh that make a GRU's candidate: that of q times h, or, reset before the product, of n times r ⊙ h. */
    private void ofCandidate(View states, View target) {
        if (frame.spec.cell() == CellType.GRU_RESET_BEFORE) {
            int all = frame.spec.gateRows();
            product(columns(gates.gates(), all - frame.spec.hiddenSize(), all), extra(), target);
        } else {
            product(extra(), states, target);
        }
    }

    private View extra() {
        return Objects.requireNonNull(gates.extra(), "every GRU keeps something beside its gates");
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
            sumRows(gates.gates(), dinput);
        }
        if (dinput != null && drecurrent != null) {
            frame.backend.memory().copy(rows(dinput, 0, folded), rows(drecurrent, 0, folded));
        }
        if (drecurrent != null && folded < all) {
            sumRows(extra(), rows(drecurrent, folded, all));
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
