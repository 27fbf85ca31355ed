package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.gemm.Matrix;

/**
 * Rows [1, x, h] of one direction of one layer at the step that is computed, one for each sequence: one product with [b, W, R]ᵀ takes
 * bias, input and state at once.
 *
 * @param input x of all steps
 * @param whole the rows, from the 1 on or, without a bias, from x on; the hidden states of the pass are their last columns
 * @param features the rows from x on
 * @param inputs columns of [1, x]
 * @param columns of [x, h]
 */
public record JointRows(StepRows input, StepRows whole, StepRows features, int inputs, int columns) {
    /** Puts x of a step in its place. */
    void load(int step, int from, int count, int state) {
        for (int sequence = from; sequence < from + count; sequence++) {
            input.copyTo(features, step, sequence, columns - state);
        }
    }

    /** [1, x, h]. */
    Matrix operand(int step, int from, int count, int state) {
        return whole.matrix(step, from, count, 0, inputs + state);
    }

    /** [1, x]. */
    Matrix input(int step, int from, int count) {
        return whole.matrix(step, from, count, 0, inputs);
    }
}
