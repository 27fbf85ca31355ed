package dev.gatun.data;

import java.util.Arrays;
import java.util.List;

/**
 * Columns with mean 0 and deviation 1: z = (x − mean) / deviation. Fit it on the rows that are trained on, and on no others, or what
 * validation sees will have leaked. A column that never changes becomes 0.
 *
 * @param means of each column
 * @param deviations of each column, of the whole population; 1 for a column that never changes
 */
@SuppressWarnings("ArrayRecordComponent") // never compared
public record Standardizer(double[] means, double[] deviations) {
    /** Checks that there is a positive deviation for each mean. */
    public Standardizer {
        boolean positive = Arrays.stream(deviations).allMatch(deviation -> deviation > 0);
        if (means.length != deviations.length || !positive) {
            throw new IllegalArgumentException(
                    "standardizer: means " + Arrays.toString(means) + " and deviations " + Arrays.toString(deviations));
        }
    }

    /** The means and deviations of rows, [row][column]. Counted from the first row, a column that never changes deviates by 0 exactly. */
    public static Standardizer fit(float[][] rows) {
        if (rows.length == 0) {
            throw new IllegalArgumentException("standardizer: no rows to fit");
        }
        int columns = rows[0].length;
        double[] means = new double[columns];
        float[] first = rows[0];
        double[] deviations = new double[columns];
        for (int row = 0; row < rows.length; row++) {
            demandColumns(columns, row, rows[row]);
            for (int column = 0; column < columns; column++) {
                demandFinite(row, column, rows[row][column]);
                means[column] += ((double) rows[row][column] - first[column]) / rows.length;
            }
        }
        Arrays.setAll(means, i -> means[i] + first[i]);
        for (float[] row : rows) {
            for (int column = 0; column < columns; column++) {
                double off = row[column] - means[column];
                deviations[column] += off * off / rows.length;
            }
        }
        Arrays.setAll(deviations, i -> deviations[i] > 0 ? Math.sqrt(deviations[i]) : 1);
        return new Standardizer(means, deviations);
    }

    /** As {@link #fit(float[][])}, of the rows {@code from} (inclusive) to {@code to} (exclusive): those before a {@link TimeSplit}. */
    public static Standardizer fit(float[][] rows, int from, int to) {
        if (from < 0 || to > rows.length || from > to) {
            throw new IllegalArgumentException(
                    "standardizer: rows " + from + " to " + to + " do not lie within " + rows.length + " rows");
        }
        return fit(Arrays.copyOfRange(rows, from, to));
    }

    /** The means and deviations of all steps of sequences, [step][column] each. */
    public static Standardizer fit(List<float[][]> sequences) {
        return fit(sequences.stream().flatMap(Arrays::stream).toArray(float[][]::new));
    }

    /** Standardised rows. */
    public float[][] apply(float[][] rows) {
        float[][] standard = new float[rows.length][];
        for (int row = 0; row < rows.length; row++) {
            demandColumns(means.length, row, rows[row]);
            standard[row] = new float[means.length];
            for (int column = 0; column < means.length; column++) {
                standard[row][column] = (float) ((rows[row][column] - means[column]) / deviations[column]);
            }
        }
        return standard;
    }

    /** What a standardised number of a column was. */
    public double restore(int column, double standard) {
        return standard * deviations[column] + means[column];
    }

    private static void demandColumns(int columns, int row, float[] values) {
        if (values.length != columns) {
            throw new IllegalArgumentException(
                    "standardizer: row " + row + " has " + values.length + " columns, expected " + columns);
        }
    }

    private static void demandFinite(int row, int column, float value) {
        if (!Float.isFinite(value)) {
            throw new IllegalArgumentException("standardizer: row " + row + ", column " + column + " is " + value
                    + "; fill in or leave out what is missing");
        }
    }
}
