package dev.gatun.training;

import java.util.List;

/**
 * How training ended.
 *
 * @param end why
 * @param reason in words
 * @param steps steps of the optimiser
 * @param epochs the epochs of this run, those before a resumption not among them
 */
public record TrainingResult(End end, String reason, long steps, List<EpochReport> epochs) {
    /** Why training ended. */
    public enum End {
        /** All epochs were run. */
        COMPLETED,
        /** A listener stopped it. */
        STOPPED,
        /** The thread was interrupted; it is marked as interrupted still. */
        INTERRUPTED
    }
}
