package dev.gatun.backend;

import org.jspecify.annotations.Nullable;

/**
 * One run of a recurrent stack over a batch of sequences.
 *
 * @param spec the stack
 * @param batch sequences in the batch
 * @param steps steps of the longest
 * @param lengths steps of each sequence, 0 to steps, in any order; null when all have {@code steps}. Never changed after the call is made.
 * @param dropout where dropout between layers takes its randomness, {@link #dropoutBlocks} for each layer but the last, from the
 *     first layer on; which number falls to which element of a layer's output is the backend's. Null when nothing is recorded: then
 *     there is none
 */
@SuppressWarnings("ArrayRecordComponent") // passed through once, never compared
public record RecurrentCall(
        RecurrentSpec spec,
        int batch,
        int steps,
        int @Nullable [] lengths,
        @Nullable RandomStream dropout) {
    /** How far the stream advances for each layer with dropout: blocks of four numbers, one number for each output. */
    public static long dropoutBlocks(RecurrentSpec spec, int batch, int steps) {
        return Math.ceilDiv(Math.multiplyExact((long) batch * steps, spec.outputSize()), 4L);
    }
}
