package dev.gatun.training;

import java.nio.file.Path;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/**
 * Saves the model after each epoch that is better than all before it, as {@link dev.gatun.nn.Module#save} does, and loads the best
 * into the model when training has ended.
 */
public final class SaveBest implements TrainingListener {
    private final Path file;
    private final BestScore score;

    /** By the loss of the validation. */
    public SaveBest(Path file) {
        this(file, EpochReport::score);
    }

    /** By anything in a report, less being better. */
    public SaveBest(Path file, ToDoubleFunction<EpochReport> score) {
        this.file = file;
        this.score = new BestScore(score, 0);
    }

    @Override
    public void epochEnded(TrainingRun run, EpochReport report) {
        if (score.improves(report)) {
            run.write(() -> run.model().save(file));
        }
    }

    /** After an interruption the model stays as it is: a checkpoint of this moment must not hold an older one. */
    @Override
    public void finished(TrainingRun run, TrainingResult result) {
        boolean saved = score.best() < Double.POSITIVE_INFINITY;
        if (saved && result.end() != TrainingResult.End.INTERRUPTED) {
            run.model().load(file);
        }
    }

    @Override
    public Map<String, String> state() {
        return score.state();
    }

    @Override
    public void restore(Map<String, String> state) {
        score.restore(state);
    }
}
