package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.kernel.CellKernels;

/** h′ = tanh(a) or max(0, a), a = W x + b + R h + c. */
record SimpleCell(boolean relu, int hidden, int state, CellKernels cells) implements Cell {
    private static final int[] WHOLE = {0, 1};

    @Override
    public boolean isDivisible() {
        return true;
    }

    @Override
    public Cell ofUnits(int units) {
        return new SimpleCell(relu, units, state, cells);
    }

    @Override
    public int[] cuts() {
        return WHOLE;
    }

    @Override
    public int foldedBiases() {
        return 1;
    }

    @Override
    public boolean keepsExtra() {
        return false;
    }

    @Override
    public void forward(ForwardPass pass, int step, int from, int rows) {
        StepRows a = pass.gates();
        StepRows h = pass.hidden();
        StepRows y = pass.output();
        pass.weights()[0].multiply(
                pass.operand(step, from, rows, state), pass.isProjected(), a.matrix(step, from, rows, 0, hidden));
        int end = from + rows;
        int block = activated(1);
        for (int i = from; i < end; i++) {
            if (!relu && (i - from) % block == 0) {
                cells.tanh(a.segment(), a.at(step, i), a.stride(), Math.min(block, end - i), hidden);
            }
            cells.rnn(relu, a.segment(), a.at(step, i), h.segment(), h.at(step, i), y.segment(), y.at(step, i), hidden);
        }
    }

    @Override
    public void backward(BackwardPass pass, int step, int from, int rows) {
        StepRows a = pass.gates();
        StepRows dy = pass.upstream();
        StepRows dh = pass.hidden();
        for (int i = from; i < from + rows; i++) {
            cells.rnnBackward(
                    relu,
                    a.segment(),
                    a.at(step, i),
                    dy.segment(),
                    dy.at(step, i),
                    dh.segment(),
                    dh.at(step, i),
                    hidden);
        }
        pass.weights()[0].multiply(
                a.matrix(step, from, rows, 0, hidden), false, dh.matrix(step, from, rows, 0, hidden));
    }
}
