package dev.gatun.example.forecast;

import java.util.Locale;

/// How far forecasts were off, in the target's unit.
///
/// @param mae mean absolute error
/// @param rmse root of the mean squared error
record Score(double mae, double rmse) {
    /// Over the first days of all forecasts, `[forecast][day]`.
    static Score of(float[][] forecasts, float[][] truth, int days) {
        double absolute = 0;
        double squared = 0;
        for (int i = 0; i < truth.length; i++) {
            for (int day = 0; day < days; day++) {
                double error = forecasts[i][day] - truth[i][day];
                absolute += Math.abs(error);
                squared += error * error;
            }
        }
        double count = (double) truth.length * days;
        return new Score(absolute / count, Math.sqrt(squared / count));
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%8.2f%8.2f", mae, rmse);
    }
}
