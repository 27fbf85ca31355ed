package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.kernel.CellKernels;

/**
 * Gates r, z of W x + b + R h + c; p = σ(r) h; n = tanh(Wₙ x + bₙ + Rₙ p + cₙ), h′ = (1 − σ(z)) n + σ(z) h. The product of n waits
 * for r, so that each step has two products, one after the other.
 */
record ResetBeforeGruCell(int hidden, CellKernels cells) implements Cell {
    private static final int[] CANDIDATE_APART = {0, 2, 3};

    @Override
    public int state() {
        return hidden;
    }

    @Override
    public int[] cuts() {
        return CANDIDATE_APART;
    }

    @Override
    public int foldedBiases() {
        return 3;
    }

    @Override
    public void forward(ForwardPass pass, int step, int from, int rows) {
        StepRows gates = pass.gates();
        StepRows h = pass.hidden();
        StepRows p = pass.extra();
        StepRows y = pass.output();
        pass.weights()[0].multiply(
                pass.operand(step, from, rows, hidden),
                pass.isProjected(),
                gates.matrix(step, from, rows, 0, 2 * hidden));
        JointRows joint = pass.joint();
        if (joint != null) {
            pass.weights()[2].multiply(
                    joint.input(step, from, rows), false, gates.matrix(step, from, rows, 2 * hidden, hidden));
        }
        for (int i = from; i < from + rows; i++) {
            cells.resetGates(gates.segment(), gates.at(step, i), h.segment(), h.at(step, i), p.at(step, i), hidden);
        }
        pass.weights()[1].multiply(
                p.matrix(step, from, rows, 0, hidden), true, gates.matrix(step, from, rows, 2 * hidden, hidden));
        for (int i = from; i < from + rows; i++) {
            cells.resetOutput(
                    gates.segment(), gates.at(step, i), h.segment(), h.at(step, i), y.segment(), y.at(step, i), hidden);
        }
    }

    @Override
    public void backward(BackwardPass pass, int step, int from, int rows) {
        StepRows gates = pass.gates();
        StepRows h = pass.previous();
        StepRows dy = pass.upstream();
        StepRows dh = pass.hidden();
        StepRows dp = pass.second();
        for (int i = from; i < from + rows; i++) {
            cells.resetOutputBackward(
                    gates.segment(),
                    gates.at(step, i),
                    h.at(step, i),
                    dy.segment(),
                    dy.at(step, i),
                    dh.segment(),
                    dh.at(step, i),
                    hidden);
        }
        pass.weights()[1].multiply(
                gates.matrix(step, from, rows, 2 * hidden, hidden), false, dp.matrix(step, from, rows, 0, hidden));
        for (int i = from; i < from + rows; i++) {
            cells.resetGatesBackward(
                    gates.segment(),
                    gates.at(step, i),
                    h.at(step, i),
                    dh.segment(),
                    dh.at(step, i),
                    dp.at(step, i),
                    hidden);
        }
        pass.weights()[0].multiply(
                gates.matrix(step, from, rows, 0, 2 * hidden), true, dh.matrix(step, from, rows, 0, hidden));
    }
}
