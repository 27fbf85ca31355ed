package dev.gatun.example.forecast;

import dev.gatun.data.Window;
import java.util.List;

/// The baseline that says: it will be as on average at this time of the year, over all years before the days held back.
final class SeasonalAverage implements Forecaster {
    private static final int LEAP_YEAR = 366;
    /// Averages over this many days before and after: a single day of few years is mostly chance.
    private static final int REACH = 15;

    private final Series series;
    private final float[] byDayOfYear = new float[LEAP_YEAR + 1];

    SeasonalAverage(Series series) {
        this.series = series;
        double[] sums = new double[LEAP_YEAR + 1];
        int[] counts = new int[LEAP_YEAR + 1];
        for (int day = 0; day < series.testStart(); day++) {
            sums[dayOfYear(day)] += series.rows()[day][series.target()];
            counts[dayOfYear(day)]++;
        }
        for (int day = 1; day <= LEAP_YEAR; day++) {
            double sum = 0;
            int count = 0;
            for (int off = -REACH; off <= REACH; off++) {
                int near = Math.floorMod(day - 1 + off, LEAP_YEAR) + 1;
                sum += sums[near];
                count += counts[near];
            }
            byDayOfYear[day] = (float) (sum / count);
        }
    }

    private int dayOfYear(int day) {
        return series.table().date(day).getDayOfYear();
    }

    @Override
    public float[][] forecast(List<Window> windows) {
        return windows.stream().map(this::path).toArray(float[][]::new);
    }

    private float[] path(Window window) {
        float[] path = new float[window.horizon()];
        for (int i = 0; i < path.length; i++) {
            path[i] = byDayOfYear[dayOfYear(window.targetStart() + i)];
        }
        return path;
    }
}
