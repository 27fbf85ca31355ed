package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.gemm.PackedMatrix;
import org.jspecify.annotations.Nullable;

/**
 * What one direction of one layer reads and writes on its way through the steps.
 *
 * @param keeps whether a backward pass will come: then {@code previous} and {@code extra} hold a row for every step
 * @param projection what puts the input projection of a step into the gates, or null where it is there
 * @param weights the blocks of W_hhᵀ that the cell asks for; after them W_hrᵀ, where there is a projection
 * @param gates the input projection with its bias, and after the step the activated gates; packed, or one row for each sequence
 * @param previous packed; the hidden state before each step, kept for the backward pass
 * @param extra what else a cell keeps: the LSTM its cell state before the step, the GRU its candidate's recurrent product
 * @param hidden the hidden states, now
 * @param second beside them in the same segment: the cell states of an LSTM, r ⊙ h of a GRU that resets before the product
 * @param whole beside them as well: o tanh(c′), which a projection makes the hidden state of
 * @param keptWhole the same, where it is kept for the backward pass, or {@code whole}
 * @param output where the hidden state after each step goes
 * @param bias the recurrent bias of the GRU's candidate
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
public record ForwardPass(
        boolean keeps,
        @Nullable Projection projection,
        PackedMatrix[] weights,
        StepRows gates,
        StepRows previous,
        StepRows extra,
        StepRows hidden,
        StepRows second,
        StepRows whole,
        StepRows keptWhole,
        StepRows output,
        StepRows bias) {}
