package dev.gatun.cpu.recurrent;

import dev.gatun.backend.CellType;
import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.kernel.CellKernels;

/** One recurrence: its equations over neighbouring sequences at one step, forward and backward. Stateless. */
public sealed interface Cell permits SimpleCell, LstmCell, GruCell, ResetBeforeGruCell {
    /** The cell of a type. */
    static Cell of(CellType type, int hidden, CellKernels cells, Gemm gemm) {
        return switch (type) {
            case RNN_TANH -> new SimpleCell(false, hidden, cells, gemm);
            case RNN_RELU -> new SimpleCell(true, hidden, cells, gemm);
            case LSTM -> new LstmCell(hidden, cells, gemm);
            case GRU -> new GruCell(hidden, cells, gemm);
            case GRU_RESET_BEFORE -> new ResetBeforeGruCell(hidden, cells, gemm);
        };
    }

    /** hiddenSize. */
    int hidden();

    /** The gates at which W_hh is cut into the blocks of the forward products: block i has gates cut i to cut i + 1. */
    int[] forwardCuts();

    /** The same for the backward products. */
    int[] backwardCuts();

    /** How many of the leading gates may have b_hh added to the input projection; the others need it in the recurrent product. */
    int foldedBiases();

    /** Whether {@code extra} is kept for the backward pass, hiddenSize elements a row. */
    boolean keepsExtra();

    /** Runs sequences {@code from} to {@code from + rows} through a step. */
    void forward(ForwardPass pass, int step, int from, int rows);

    /** Takes the gradients of those sequences back through a step. */
    void backward(BackwardPass pass, int step, int from, int rows);
}
