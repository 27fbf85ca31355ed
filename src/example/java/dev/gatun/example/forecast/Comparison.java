package dev.gatun.example.forecast;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A table of forecasters and how far each was off, for tomorrow and on the mean of all days.
final class Comparison {
    private record Row(String name, Score tomorrow, Score path) {}

    private final float[][] truth;
    private final int horizon;
    private final List<Row> rows = new ArrayList<>();

    Comparison(float[][] truth) {
        this.truth = truth;
        this.horizon = truth[0].length;
    }

    void add(String name, float[][] forecasts) {
        rows.add(new Row(name, Score.of(forecasts, truth, 1), Score.of(forecasts, truth, horizon)));
    }

    @Override
    public String toString() {
        StringBuilder table = new StringBuilder();
        table.append(String.format(Locale.ROOT, "%-18s%16s%18s%n", "", "tomorrow", "mean of " + horizon + " days"));
        table.append(String.format(Locale.ROOT, "%-18s%8s%8s  %8s%8s%n", "", "MAE", "RMSE", "MAE", "RMSE"));
        for (Row row : rows) {
            table.append(String.format(Locale.ROOT, "%-18s%s  %s%n", row.name, row.tomorrow, row.path));
        }
        return table.toString();
    }

    /// How the last row's RMSE compares with the best of those above it.
    String verdict() {
        Row last = rows.getLast();
        double tomorrow = Double.POSITIVE_INFINITY;
        double path = Double.POSITIVE_INFINITY;
        for (Row row : rows.subList(0, rows.size() - 1)) {
            tomorrow = Math.min(tomorrow, row.tomorrow.rmse());
            path = Math.min(path, row.path.rmse());
        }
        return String.format(
                Locale.ROOT,
                "Against the better baseline, the %s's RMSE is %s for tomorrow and %s over %d days.",
                last.name,
                percent(last.tomorrow.rmse() / tomorrow),
                percent(last.path.rmse() / path),
                horizon);
    }

    private static String percent(double ratio) {
        return String.format(Locale.ROOT, "%.1f %% %s", 100 * Math.abs(1 - ratio), ratio < 1 ? "lower" : "higher");
    }
}
