package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

class StandardizerTest {
    private static final float[][] ROWS = {{1, 7, 1e6f}, {3, 7, 1e6f + 2}, {5, 7, 1e6f + 4}};

    @Test
    void columnsGetMeanZeroAndDeviationOne() {
        Standardizer standard = Standardizer.fit(ROWS);
        assertArrayEquals(new double[] {3, 7, 1e6 + 2}, standard.means(), 1e-9);
        double deviation = Math.sqrt(8.0 / 3);
        assertArrayEquals(new double[] {deviation, 1, deviation}, standard.deviations(), 1e-6);
        float[][] z = standard.apply(ROWS);
        float unit = (float) (2 / deviation);
        assertArrayEquals(new float[] {-unit, 0, -unit}, z[0], 1e-6f);
        assertArrayEquals(new float[] {0, 0, 0}, z[1], 1e-6f);
        assertArrayEquals(new float[] {unit, 0, unit}, z[2], 1e-6f);
        assertEquals(5, standard.restore(0, z[2][0]), 1e-6);
        assertEquals(7, standard.restore(1, z[2][1]), 1e-6);
        assertArrayEquals(new float[] {1, 7, 1e6f}, ROWS[0]);
    }

    /** Of 7 times 0.1 the plain mean is not 0.1, and what rounding leaves over is no deviation to divide by. */
    @Test
    void columnsThatNeverChangeBecomeZero() {
        float[][] rows = new float[7][];
        Arrays.setAll(rows, row -> new float[] {0.1f, row});
        Standardizer standard = Standardizer.fit(rows);
        assertArrayEquals(new double[] {1, 2}, standard.deviations(), 1e-12);
        for (float[] row : standard.apply(rows)) {
            assertEquals(0, row[0]);
        }
    }

    @Test
    void rowsThatAreNotTrainedOnDoNotCount() {
        assertArrayEquals(
                new double[] {2, 7, 1e6 + 1}, Standardizer.fit(ROWS, 0, 2).means(), 1e-9);
        assertMessage("standardizer: rows 0 to 4 do not lie within 3 rows", () -> Standardizer.fit(ROWS, 0, 4));
        assertMessage("standardizer: no rows to fit", () -> Standardizer.fit(ROWS, 2, 2));
    }

    @Test
    void stepsOfSequencesAreRows() {
        float[][] one = {{1}, {3}};
        float[][] two = {{5}};
        assertArrayEquals(new double[] {3}, Standardizer.fit(List.of(one, two)).means(), 1e-12);
    }

    @Test
    void whatDoesNotFitIsRefused() {
        assertMessage("standardizer: no rows to fit", () -> Standardizer.fit(new float[0][]));
        float[][] missing = {{1, 2}, {1, Float.NaN}};
        assertMessage(
                "standardizer: row 1, column 1 is NaN; fill in or leave out what is missing",
                () -> Standardizer.fit(missing));
        float[][] ragged = {{1, 2}, {1}};
        assertMessage("standardizer: row 1 has 1 columns, expected 2", () -> Standardizer.fit(ragged));
        float[][] narrow = {{1, 2}};
        assertMessage(
                "standardizer: row 0 has 2 columns, expected 3",
                () -> Standardizer.fit(ROWS).apply(narrow));
        assertMessage(
                "standardizer: means [1.0] and deviations [0.0]",
                () -> new Standardizer(new double[] {1}, new double[] {0}));
    }

    private static void assertMessage(String message, Executable call) {
        assertEquals(message, assertThrows(IllegalArgumentException.class, call).getMessage());
    }
}
