package dev.gatun.cpu.recurrent;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.kernel.CellKernels;
import dev.gatun.cpu.kernel.Kernels;

/**
 * The LSTM whose hidden state is narrower than its cell state: h′ = P m, m = σ(o) tanh(c′), with the gates and c′ of
 * {@link LstmCell}. Each step has two products, one after the other.
 */
record ProjectedLstmCell(int hidden, int state, double clip, Kernels kernels) implements Cell {
    private static final int[] WHOLE = {0, 4};

    @Override
    public int[] cuts() {
        return WHOLE;
    }

    @Override
    public int foldedBiases() {
        return 4;
    }

    @Override
    public void forward(ForwardPass pass, int step, int from, int rows) {
        CellKernels cells = kernels.cells();
        StepRows gates = pass.gates();
        StepRows c = pass.second();
        StepRows m = pass.whole();
        StepRows kept = pass.keptWhole();
        pass.weights()[0].multiply(
                pass.operand(step, from, rows, state),
                pass.isProjected(),
                gates.matrix(step, from, rows, 0, 4 * hidden));
        LstmCell.activate(cells, gates, gates.at(step, from), rows, hidden);
        for (int i = from; i < from + rows; i++) {
            if (pass.keeps()) {
                c.copyTo(pass.extra(), step, i, hidden);
            }
            cells.lstm(
                    gates.segment(),
                    gates.at(step, i),
                    m.segment(),
                    m.at(step, i),
                    c.at(step, i),
                    kept.segment(),
                    kept.at(step, i),
                    hidden,
                    clip);
        }
        pass.weights()[1].multiply(
                m.matrix(step, from, rows, 0, hidden), false, pass.hidden().matrix(step, from, rows, 0, state));
        for (int i = from; i < from + rows; i++) {
            pass.hidden().copyTo(pass.output(), step, i, state);
        }
    }

    @Override
    public void backward(BackwardPass pass, int step, int from, int rows) {
        CellKernels cells = kernels.cells();
        StepRows gates = pass.gates();
        StepRows dm = pass.whole();
        StepRows zeros = pass.zeros();
        pass.weights()[1].multiply(projected(pass, step, from, rows), false, dm.matrix(step, from, rows, 0, hidden));
        for (int i = from; i < from + rows; i++) {
            cells.lstmBackward(
                    gates.segment(),
                    gates.at(step, i),
                    pass.extra().at(step, i),
                    zeros.segment(),
                    zeros.at(step, i),
                    dm.segment(),
                    dm.at(step, i),
                    pass.second().at(step, i),
                    hidden,
                    clip);
        }
        pass.weights()[0].multiply(
                gates.matrix(step, from, rows, 0, 4 * hidden),
                false,
                pass.hidden().matrix(step, from, rows, 0, state));
    }

    /** The whole ∂L/∂h′: what the output's gradient and the next step say of it. */
    private Matrix projected(BackwardPass pass, int step, int from, int rows) {
        StepRows dy = pass.upstream();
        StepRows dh = pass.hidden();
        StepRows sum = pass.projected();
        for (int i = from; i < from + rows; i++) {
            kernels.elementwise()
                    .binary(
                            BinaryFunction.ADD,
                            dy.segment(),
                            dy.at(step, i),
                            dh.segment(),
                            dh.at(step, i),
                            sum.segment(),
                            sum.at(step, i),
                            state);
        }
        return sum.matrix(step, from, rows, 0, state);
    }
}
