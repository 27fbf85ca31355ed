package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.gemm.Matrix;
import org.jspecify.annotations.Nullable;

/**
 * What one direction of one layer reads and writes on its way through the steps.
 *
 * @param keeps whether a backward pass will come: then {@code previous} and {@code extra} hold a row for every step
 * @param joint input, bias and state side by side, or null where the gates hold the input projection with its bias
 * @param weights the blocks of W_hhᵀ that the cell asks for, the first, where there is {@code joint}, of [b, W_ih, W_hh]ᵀ; then W_hrᵀ,
 *     where there is a projection; then, with {@code joint}, the second block of [b, W_ih]ᵀ, where there is one
 * @param gates after the step the activated gates; packed, or one row for each sequence
 * @param previous packed; the hidden state before each step, kept for the backward pass; with {@code joint} x and that state
 * @param extra beside the gates in the same segment, what else a cell keeps: the LSTM its cell state before the step, the GRU its
 *     candidate's recurrent product or, where it resets before that product, r ⊙ h
 * @param hidden the hidden states, now
 * @param second beside them in the same segment: the cell states of an LSTM
 * @param whole beside them as well: o tanh(c′), which a projection makes the hidden state of
 * @param keptWhole the same, where it is kept for the backward pass, or {@code whole}
 * @param before the hidden states before the step, of all units: {@code hidden} itself where that is not of some alone
 * @param output where the hidden state after each step goes
 * @param bias the recurrent bias of the GRU's candidate
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
public record ForwardPass(
        boolean keeps,
        @Nullable JointRows joint,
        Product[] weights,
        StepRows gates,
        StepRows previous,
        StepRows extra,
        StepRows hidden,
        StepRows second,
        StepRows whole,
        StepRows keptWhole,
        StepRows before,
        StepRows output,
        StepRows bias) {
    /** What the first block of weights multiplies at a step: [1, x, h], or h, of so many columns. */
    Matrix operand(int step, int from, int rows, int state) {
        return joint == null ? before.matrix(step, from, rows, 0, state) : joint.operand(step, from, rows, state);
    }

    /** Whether that product is added to what the gates hold. */
    boolean isProjected() {
        return joint == null;
    }
}
