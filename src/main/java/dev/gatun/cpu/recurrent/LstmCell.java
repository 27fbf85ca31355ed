package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.kernel.CellKernels;

/** Gates i, f, g, o of W x + b + R h + c: c′ = σ(f) c + σ(i) tanh(g), within ± clip; h′ = σ(o) tanh(c′). */
record LstmCell(int hidden, double clip, CellKernels cells, Gemm gemm) implements Cell {
    private static final int[] WHOLE = {0, 4};

    @Override
    public int[] forwardCuts() {
        return WHOLE;
    }

    @Override
    public int[] backwardCuts() {
        return WHOLE;
    }

    @Override
    public int foldedBiases() {
        return 4;
    }

    @Override
    public boolean keepsExtra() {
        return true;
    }

    @Override
    public void forward(ForwardPass pass, int step, int from, int rows) {
        StepRows gates = pass.gates();
        StepRows h = pass.hidden();
        StepRows c = pass.second();
        StepRows y = pass.output();
        gemm.multiply(
                h.matrix(step, from, rows, 0, hidden),
                pass.weights()[0],
                true,
                gates.matrix(step, from, rows, 0, 4 * hidden));
        for (int i = from; i < from + rows; i++) {
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

    @Override
    public void backward(BackwardPass pass, int step, int from, int rows) {
        StepRows gates = pass.gates();
        StepRows c = pass.extra();
        StepRows dy = pass.upstream();
        StepRows dh = pass.hidden();
        StepRows dc = pass.second();
        StepRows dgates = pass.input();
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
                    dgates.segment(),
                    dgates.at(step, i),
                    hidden,
                    clip);
        }
        gemm.multiply(
                dgates.matrix(step, from, rows, 0, 4 * hidden),
                pass.weights()[0],
                false,
                dh.matrix(step, from, rows, 0, hidden));
    }
}
