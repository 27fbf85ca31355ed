package dev.gatun.cpu.recurrent;

/**
 * What one direction of one layer reads and writes on its way back.
 *
 * @param weights the blocks of W_hh that the cell asks for; after them W_hr, where there is a projection
 * @param gates as the forward pass kept them; the gradients of the input projection take their place
 * @param previous as the forward pass kept it, in the same segment
 * @param extra as the forward pass kept it, in the same segment; the gradient of the GRU candidate's recurrent product takes its place
 * @param upstream the gradient of each step's output
 * @param hidden the gradient of the hidden state, now: of the one after a step, then of the one before it
 * @param second beside it in the same segment: the gradient of the cell state, or of r ⊙ h
 * @param whole beside them as well: the gradient of o tanh(c′), which a projection makes the hidden state of
 * @param projected packed; the gradient of what the projection puts out, kept for that of W_hr
 * @param zeros hiddenSize of them, where there is a projection
 */
@SuppressWarnings("ArrayRecordComponent") // a bundle of arguments, never compared
public record BackwardPass(
        Product[] weights,
        StepRows gates,
        StepRows previous,
        StepRows extra,
        StepRows upstream,
        StepRows hidden,
        StepRows second,
        StepRows whole,
        StepRows projected,
        StepRows zeros) {}
