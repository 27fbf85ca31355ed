package dev.gatun.example.forecast;

import dev.gatun.data.Standardizer;
import dev.gatun.data.Window;
import java.util.List;

/// What the network reads each day, cut in time: the oldest days are trained on, later ones tell when to stop, and the
/// last ones are held back for the comparison.
///
/// @param table the days
/// @param rows the numbers of each day, `[day][feature]`: the table's columns, then the season as sine and cosine
/// @param target the feature to forecast
/// @param window how many days to forecast from
/// @param horizon how many days to forecast
/// @param validationStart the first day that is not trained on
/// @param testStart the first day that is held back
@SuppressWarnings("ArrayRecordComponent") // never compared
record Series(
        DailyTable table, float[][] rows, int target, int window, int horizon, int validationStart, int testStart) {
    private static final double DAYS_OF_YEAR = 365.2425;

    static Series of(DailyTable table, DataOptions options) throws CsvException {
        long validationStart = (long) table.days() - options.test - options.validation;
        if (validationStart < Math.max(DAYS_OF_YEAR, (double) options.window + options.horizon)
                || Math.min(options.test, options.validation) < options.horizon) {
            throw new CsvException(
                    table.source(),
                    "has " + table.days() + " days, which --test " + options.test + " and --validation "
                            + options.validation + " must cut so that each part has a path of " + options.horizon
                            + " days, and that at least a year, and a window, is left to train on");
        }
        return new Series(
                table,
                rows(table),
                List.copyOf(table.columns().keySet()).indexOf(options.target),
                options.window,
                options.horizon,
                (int) validationStart,
                table.days() - options.test);
    }

    private static float[][] rows(DailyTable table) {
        List<float[]> columns = List.copyOf(table.columns().values());
        float[][] rows = new float[table.days()][columns.size() + 2];
        for (int day = 0; day < rows.length; day++) {
            for (int i = 0; i < columns.size(); i++) {
                rows[day][i] = columns.get(i)[day];
            }
            double angle = 2 * Math.PI * table.date(day).getDayOfYear() / DAYS_OF_YEAR;
            rows[day][columns.size()] = (float) Math.sin(angle);
            rows[day][columns.size() + 1] = (float) Math.cos(angle);
        }
        return rows;
    }

    int features() {
        return rows[0].length;
    }

    /// Means and deviations of what is trained on, so that nothing of later days leaks into training.
    Standardizer standardizer() {
        return Standardizer.fit(rows, 0, validationStart);
    }

    List<Window> training() {
        return Window.over(rows, window, horizon, 0, validationStart);
    }

    List<Window> validation() {
        return Window.over(rows, window, horizon, validationStart, testStart);
    }

    List<Window> test() {
        return Window.over(rows, window, horizon, testStart, rows.length);
    }

    /// The last days, after which the future begins.
    Window last() {
        return Window.last(rows, window);
    }

    /// What became of the days after each window, `[window][day]`.
    float[][] truth(List<Window> windows) {
        return windows.stream()
                .map(window -> {
                    float[] path = new float[horizon];
                    for (int day = 0; day < horizon; day++) {
                        path[day] = rows[window.targetStart() + day][target];
                    }
                    return path;
                })
                .toArray(float[][]::new);
    }
}
