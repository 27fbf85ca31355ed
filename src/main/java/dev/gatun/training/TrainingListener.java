package dev.gatun.training;

import dev.gatun.Gradients;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Hears how training goes, on the thread that trains, and may stop it or have it saved by way of the {@link TrainingRun}. What a
 * listener remembers is part of a checkpoint when it says so by {@link #state}.
 */
public interface TrainingListener {
    /** Training begins, or goes on. */
    default void started(TrainingRun run) {}

    /** Gradients were computed; they are not clipped yet, and live until the step ends. */
    default void differentiated(TrainingRun run, Gradients gradients) {}

    /** A step was taken. */
    default void stepEnded(TrainingRun run, StepReport report) {}

    /** An epoch was trained and validated. */
    default void epochEnded(TrainingRun run, EpochReport report) {}

    /** Training ends, but not by an exception. */
    default void finished(TrainingRun run, TrainingResult result) {}

    /** What a checkpoint holds for this listener. */
    default Map<String, String> state() {
        return Map.of();
    }

    /** Puts back what a checkpoint held; not called where it held nothing. */
    default void restore(Map<String, String> state) {}

    /** A listener to the ends of epochs alone. */
    static TrainingListener afterEpoch(Consumer<EpochReport> consumer) {
        return new TrainingListener() {
            @Override
            public void epochEnded(TrainingRun run, EpochReport report) {
                consumer.accept(report);
            }
        };
    }

    /** A listener to the ends of steps alone. */
    static TrainingListener afterStep(Consumer<StepReport> consumer) {
        return new TrainingListener() {
            @Override
            public void stepEnded(TrainingRun run, StepReport report) {
                consumer.accept(report);
            }
        };
    }
}
