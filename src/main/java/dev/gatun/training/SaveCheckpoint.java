package dev.gatun.training;

import java.nio.file.Path;

/** Saves a checkpoint after every so many epochs, and when training is interrupted; one file, replaced each time. */
public final class SaveCheckpoint implements TrainingListener {
    private final Path file;
    private final int epochs;

    /** After every epoch. */
    public SaveCheckpoint(Path file) {
        this(file, 1);
    }

    /** After every so many epochs. */
    public SaveCheckpoint(Path file, int epochs) {
        if (epochs < 1) {
            throw new IllegalArgumentException("checkpoint: epochs must be at least 1, was given " + epochs);
        }
        this.file = file;
        this.epochs = epochs;
    }

    @Override
    public void epochEnded(TrainingRun run, EpochReport report) {
        if (report.epoch() % epochs == 0) {
            run.save(file);
        }
    }

    @Override
    public void finished(TrainingRun run, TrainingResult result) {
        if (result.end() == TrainingResult.End.INTERRUPTED) {
            run.save(file);
        }
    }
}
