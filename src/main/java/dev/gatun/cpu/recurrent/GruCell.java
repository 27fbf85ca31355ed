package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.kernel.CellKernels;

/**
 * Gates r, z of W x + b + R h + c; q = Rₙ h + cₙ; n = tanh(Wₙ x + bₙ + σ(r) q), h′ = (1 − σ(z)) n + σ(z) h. The product of n is kept
 * apart, because r scales it.
 */
record GruCell(int hidden, int state, CellKernels cells) implements Cell {
    private static final int[] CANDIDATE_APART = {0, 2, 3};

    @Override
    public boolean isDivisible() {
        return true;
    }

    @Override
    public Cell ofUnits(int units) {
        return new GruCell(units, state, cells);
    }

    @Override
    public int[] cuts() {
        return CANDIDATE_APART;
    }

    @Override
    public int foldedBiases() {
        return 2;
    }

    @Override
    public void forward(ForwardPass pass, int step, int from, int rows) {
        StepRows gates = pass.gates();
        StepRows q = pass.extra();
        StepRows b = pass.bias();
        StepRows h = pass.hidden();
        StepRows y = pass.output();
        pass.weights()[0].multiply(
                pass.operand(step, from, rows, state),
                pass.isProjected(),
                gates.matrix(step, from, rows, 0, 2 * hidden));
        JointRows joint = pass.joint();
        if (joint != null) {
            pass.weights()[2].multiply(
                    joint.input(step, from, rows), false, gates.matrix(step, from, rows, 2 * hidden, hidden));
        }
        pass.weights()[1].multiply(
                pass.before().matrix(step, from, rows, 0, state), false, q.matrix(step, from, rows, 0, hidden));
        int end = from + rows;
        int block = activated(3);
        for (int i = from; i < end; i++) {
            if ((i - from) % block == 0) {
                cells.sigmoid(gates.segment(), gates.at(step, i), gates.stride(), Math.min(block, end - i), 2 * hidden);
            }
            cells.gru(
                    gates.segment(),
                    gates.at(step, i),
                    q.at(step, i),
                    b.segment(),
                    b.at(step, i),
                    h.segment(),
                    h.at(step, i),
                    y.segment(),
                    y.at(step, i),
                    hidden);
        }
    }

    @Override
    public void backward(BackwardPass pass, int step, int from, int rows) {
        StepRows gates = pass.gates();
        StepRows dy = pass.upstream();
        StepRows dh = pass.hidden();
        StepRows q = pass.extra();
        for (int i = from; i < from + rows; i++) {
            cells.gruBackward(
                    gates.segment(),
                    gates.at(step, i),
                    q.at(step, i),
                    pass.previous().at(step, i),
                    dy.segment(),
                    dy.at(step, i),
                    dh.segment(),
                    dh.at(step, i),
                    hidden);
        }
        pass.weights()[0].multiply(
                gates.matrix(step, from, rows, 0, 2 * hidden), true, dh.matrix(step, from, rows, 0, hidden));
        pass.weights()[1].multiply(q.matrix(step, from, rows, 0, hidden), true, dh.matrix(step, from, rows, 0, hidden));
    }
}
