package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.kernel.CellKernels;

/** Gates i, f, g, o of W x + b + R h + c: c′ = σ(f) c + σ(i) tanh(g), within ± clip; h′ = σ(o) tanh(c′). */
record LstmCell(int hidden, int state, double clip, CellKernels cells) implements Cell {
    private static final int[] WHOLE = {0, 4};

    @Override
    public boolean isDivisible() {
        return true;
    }

    @Override
    public Cell ofUnits(int units) {
        return new LstmCell(units, state, clip, cells);
    }

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
        StepRows gates = pass.gates();
        StepRows h = pass.hidden();
        StepRows c = pass.second();
        StepRows y = pass.output();
        pass.weights()[0].multiply(
                pass.operand(step, from, rows, state),
                pass.isProjected(),
                gates.matrix(step, from, rows, 0, 4 * hidden));
        int end = from + rows;
        int block = activated(4);
        for (int i = from; i < end; i++) {
            if ((i - from) % block == 0) {
                activate(cells, gates, gates.at(step, i), Math.min(block, end - i), hidden);
            }
            if (pass.keeps()) {
                c.copyTo(pass.extra(), step, i, hidden);
            }
            cells.lstm(
                    gates.segment(),
                    gates.at(step, i),
                    h.segment(),
                    h.at(step, i),
                    c.at(step, i),
                    y.segment(),
                    y.at(step, i),
                    hidden,
                    clip);
        }
    }

    /** i, f, o = σ, g = tanh of so many rows of gates. */
    static void activate(CellKernels cells, StepRows gates, long at, int rows, int hidden) {
        cells.sigmoid(gates.segment(), at, gates.stride(), rows, 2 * hidden);
        cells.tanh(gates.segment(), at + 2L * hidden, gates.stride(), rows, hidden);
        cells.sigmoid(gates.segment(), at + 3L * hidden, gates.stride(), rows, hidden);
    }

    @Override
    public void backward(BackwardPass pass, int step, int from, int rows) {
        StepRows gates = pass.gates();
        StepRows c = pass.extra();
        StepRows dy = pass.upstream();
        StepRows dh = pass.hidden();
        StepRows dc = pass.second();
        for (int i = from; i < from + rows; i++) {
            cells.lstmBackward(
                    gates.segment(),
                    gates.at(step, i),
                    c.at(step, i),
                    dy.segment(),
                    dy.at(step, i),
                    dh.segment(),
                    dh.at(step, i),
                    dc.at(step, i),
                    hidden,
                    clip);
        }
        pass.weights()[0].multiply(
                gates.matrix(step, from, rows, 0, 4 * hidden), false, dh.matrix(step, from, rows, 0, hidden));
    }
}
