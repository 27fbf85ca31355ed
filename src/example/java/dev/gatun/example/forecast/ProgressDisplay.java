package dev.gatun.example.forecast;

import dev.gatun.training.StepReport;
import dev.gatun.training.TrainingListener;
import dev.gatun.training.TrainingResult;
import dev.gatun.training.TrainingRun;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/// Shows a bar with loss and pace while training runs.
final class ProgressDisplay implements TrainingListener, AutoCloseable {
    private final ProgressBar bar;

    /// @param steps how many steps there will be at most
    ProgressDisplay(long steps) {
        bar = new ProgressBarBuilder()
                .setTaskName("Training")
                .setInitialMax(steps)
                .setStyle(ProgressBarStyle.ASCII)
                .setUpdateIntervalMillis(500)
                .hideEta()
                .build();
    }

    @Override
    public void stepEnded(TrainingRun run, StepReport report) {
        bar.step();
        bar.setExtraMessage(String.format(
                Locale.ROOT,
                "epoch %d, loss %.2f, %,.0f windows/s",
                report.epoch(),
                report.loss(),
                report.samplesPerSecond()));
    }

    @Override
    public void finished(TrainingRun run, TrainingResult result) {
        bar.maxHint(bar.getCurrent());
    }

    @Override
    public void close() {
        bar.close();
    }
}
