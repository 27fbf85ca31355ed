package dev.gatun.example.forecast;

import java.time.LocalDate;
import java.util.Arrays;
import java.util.Locale;

/// Truth and forecast as text: each column is the mean of some days, each line a band of values.
final class TerminalChart {
    private static final int COLUMNS = 73;
    private static final int LINES = 16;
    private static final char TRUTH = 'o';
    private static final char FORECAST = '*';
    private static final char BOTH = '@';

    private final LocalDate firstDay;
    private final int days;
    private final int daysOfColumn;
    private final double[] truth;
    private final double[] forecast;

    /// A chart of numbers for each day from the first one on.
    TerminalChart(LocalDate firstDay, float[] truth, float[] forecast) {
        this.firstDay = firstDay;
        this.days = truth.length;
        this.daysOfColumn = Math.ceilDiv(days, COLUMNS);
        this.truth = columns(truth);
        this.forecast = columns(forecast);
    }

    private double[] columns(float[] values) {
        double[] means = new double[Math.ceilDiv(days, daysOfColumn)];
        for (int column = 0; column < means.length; column++) {
            int from = column * daysOfColumn;
            int to = Math.min(from + daysOfColumn, days);
            for (int day = from; day < to; day++) {
                means[column] += values[day] / (to - from);
            }
        }
        return means;
    }

    String legend() {
        return TRUTH + " truth, " + FORECAST + " forecast, " + BOTH + " both; a column is the mean of " + daysOfColumn
                + " days";
    }

    @Override
    public String toString() {
        double low = Math.min(min(truth), min(forecast));
        double high = Math.max(max(truth), max(forecast));
        char[][] canvas = new char[LINES][truth.length];
        for (char[] line : canvas) {
            Arrays.fill(line, ' ');
        }
        for (int column = 0; column < truth.length; column++) {
            int actual = line(truth[column], low, high);
            int foretold = line(forecast[column], low, high);
            canvas[actual][column] = TRUTH;
            canvas[foretold][column] = actual == foretold ? BOTH : FORECAST;
        }
        StringBuilder chart = new StringBuilder();
        for (int line = 0; line < LINES; line++) {
            double value = high - (high - low) * line / (LINES - 1);
            String points = new String(canvas[line]).stripTrailing();
            chart.append(String.format(Locale.ROOT, "%8.1f |%s%n", value, points));
        }
        chart.append(String.format("         +%s%n", "-".repeat(truth.length)));
        return chart.append("          ").append(dates()).toString();
    }

    /// The first day at the left, the last one at the right.
    private String dates() {
        String last = firstDay.plusDays(days - 1L).toString();
        return firstDay + " ".repeat(Math.max(1, truth.length - 2 * last.length())) + last;
    }

    private static int line(double value, double low, double high) {
        return high == low ? 0 : (int) Math.round((high - value) / (high - low) * (LINES - 1));
    }

    private static double min(double[] values) {
        return Arrays.stream(values).min().orElseThrow();
    }

    private static double max(double[] values) {
        return Arrays.stream(values).max().orElseThrow();
    }
}
