package dev.gatun.training;

import java.util.Map;
import java.util.function.ToDoubleFunction;

/** Stops training when so many epochs in a row were no better than the best before them. */
public final class EarlyStopping implements TrainingListener {
    private final int patience;
    private final BestScore score;

    /** By the loss of the validation. */
    public EarlyStopping(int patience) {
        this(patience, 0, EpochReport::score);
    }

    /**
     * By anything in a report, less being better.
     *
     * @param leastImprovement by how much the score must fall to count as better
     */
    public EarlyStopping(int patience, double leastImprovement, ToDoubleFunction<EpochReport> score) {
        if (patience < 1) {
            throw new IllegalArgumentException("early stopping: patience must be at least 1, was given " + patience);
        }
        if (!(leastImprovement >= 0)) {
            throw new IllegalArgumentException(
                    "early stopping: the least improvement must be 0 or more, was given " + leastImprovement);
        }
        this.patience = patience;
        this.score = new BestScore(score, leastImprovement);
    }

    @Override
    public void epochEnded(TrainingRun run, EpochReport report) {
        if (!score.improves(report) && score.epochsSince() >= patience) {
            run.stop("no improvement for " + patience + " epochs, best " + score.best());
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
