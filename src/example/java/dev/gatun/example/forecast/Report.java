package dev.gatun.example.forecast;

import dev.gatun.Device;
import dev.gatun.data.Window;
import dev.gatun.training.EpochReport;
import dev.gatun.training.TrainingResult;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.format.TextStyle;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/// What the command tells: the data, the comparison, the charts, and the days to come.
final class Report {
    private final Series series;
    private final String target;
    private final List<Window> windows;
    private final float[][] truth;

    Report(Series series, String target) {
        this.series = series;
        this.target = target;
        this.windows = series.test();
        this.truth = series.truth(windows);
    }

    void describe(Device device) {
        DailyTable table = series.table();
        print("%s: %,d days from %s to %s", table.source(), table.days(), table.firstDay(), table.lastDay());
        print("to train on:        until %s", table.date(series.validationStart() - 1));
        print("to stop in time:    until %s", table.date(series.testStart() - 1));
        print("to compare on:      the rest, %,d forecasts", windows.size());
        print("device:             %s%n", device.description());
    }

    void describe(ForecastModel model) {
        print("%s%n", model.summary());
    }

    /// The loss is a mean squared error: its root is in the unit of the target.
    void trained(TrainingResult result) {
        EpochReport best = Collections.min(result.epochs(), Comparator.comparingDouble(EpochReport::score));
        int epochs = result.epochs().size();
        print(
                "Trained %d epochs; kept number %d, whose validation RMSE is %.2f.",
                epochs, best.epoch(), Math.sqrt(best.score()));
    }

    void compare(String name, float[][] forecasts) {
        Comparison comparison = new Comparison(truth);
        comparison.add("persistence", new Persistence(series.target()).forecast(windows));
        comparison.add("seasonal average", new SeasonalAverage(series).forecast(windows));
        comparison.add(name, forecasts);
        print("%n%s", comparison);
        print("%s%n", comparison.verdict());
    }

    void draw(float[][] forecasts, Path picture) {
        LocalDate firstDay = series.table().date(series.testStart());
        TerminalChart chart = new TerminalChart(firstDay, firstDays(truth), firstDays(forecasts));
        print("%s of the next day: %s", target, chart.legend());
        print("%s%n", chart);
        new ForecastChart(target, firstDay, truth, forecasts).write(picture);
        print("Drawn to %s.", picture);
    }

    private static float[] firstDays(float[][] paths) {
        float[] days = new float[paths.length];
        for (int i = 0; i < days.length; i++) {
            days[i] = paths[i][0];
        }
        return days;
    }

    void lookAhead(float[] path) {
        print("%nThe days after %s:", series.table().lastDay());
        for (int day = 0; day < path.length; day++) {
            LocalDate date = series.table().lastDay().plusDays(day + 1);
            String weekday = date.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
            print("  %s %s %8.1f", weekday, date, path[day]);
        }
    }

    private static void print(String format, Object... values) {
        IO.println(String.format(Locale.ROOT, format, values));
    }
}
