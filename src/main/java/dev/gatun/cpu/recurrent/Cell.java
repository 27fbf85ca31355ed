package dev.gatun.cpu.recurrent;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.cpu.kernel.CellKernels;
import dev.gatun.cpu.kernel.Kernels;

/** One recurrence: its equations over neighbouring sequences at one step, forward and backward. Stateless. */
public sealed interface Cell permits SimpleCell, LstmCell, ProjectedLstmCell, GruCell, ResetBeforeGruCell {
    /** The cell of a stack. */
    static Cell of(RecurrentSpec spec, Kernels kernels) {
        int hidden = spec.hiddenSize();
        CellKernels cells = kernels.cells();
        return switch (spec.cell()) {
            case RNN_TANH -> new SimpleCell(false, hidden, hidden, cells);
            case RNN_RELU -> new SimpleCell(true, hidden, hidden, cells);
            case LSTM ->
                spec.projection() > 0
                        ? new ProjectedLstmCell(hidden, spec.projection(), spec.clip(), kernels)
                        : new LstmCell(hidden, hidden, spec.clip(), cells);
            case GRU -> new GruCell(hidden, hidden, cells);
            case GRU_RESET_BEFORE -> new ResetBeforeGruCell(hidden, cells);
        };
    }

    /** Elements, half of a first cache of 32 KiB. */
    int ACTIVATED = 4096;

    /** hiddenSize, or how many of the hidden units this cell is for. */
    int hidden();

    /** stateSize: features of the hidden state that is put out and carried on. */
    int state();

    /** Whether a unit needs nothing of the others but their hidden states before the step; then {@link #ofUnits} gives a cell. */
    default boolean isDivisible() {
        return false;
    }

    /** The same cell for so many of its units, forward alone. */
    default Cell ofUnits(int units) {
        throw new UnsupportedOperationException("a step needs all units at once");
    }

    /** The gates at which W_hh is cut into the blocks of a step's products, on both ways: block i has gates cut i to cut i + 1. */
    int[] cuts();

    /** How many of the leading gates may have b_hh added to the input projection; the others need it in the recurrent product. */
    int foldedBiases();

    /** Whether {@code extra} is kept for the backward pass, hiddenSize elements a row. */
    default boolean keepsExtra() {
        return true;
    }

    /** Sequences whose gates are activated at a time: those of {@value #ACTIVATED} elements stay in the first cache. */
    default int activated(int gates) {
        return Math.max(1, ACTIVATED / (gates * hidden()));
    }

    /** Runs sequences {@code from} to {@code from + rows} through a step. */
    void forward(ForwardPass pass, int step, int from, int rows);

    /** Takes the gradients of those sequences back through a step. */
    void backward(BackwardPass pass, int step, int from, int rows);
}
