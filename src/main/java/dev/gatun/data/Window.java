package dev.gatun.data;

import dev.gatun.Device;
import dev.gatun.Tensor;
import dev.gatun.layout.ShapeException;
import java.util.ArrayList;
import java.util.List;

/**
 * A stretch of a time series: some steps to forecast from, and the steps after them to be forecast. Windows of a series share its
 * rows.
 *
 * <pre>{@code
 * int split = TimeSplit.at(rows.length, 0.2);
 * List<Window> train = Window.over(rows, 30, 7, 0, split);
 * List<Window> validation = Window.over(rows, 30, 7, split, rows.length);
 * Tensor x = Window.inputs(device, batch);              // [batch, 30, features]
 * Tensor y = Window.targets(device, batch, 2);          // [batch, 7] of column 2
 * }</pre>
 *
 * @param rows the series, [time][features], oldest first
 * @param start the first row to forecast from
 * @param inputSteps how many rows to forecast from
 * @param horizon how many rows to forecast
 */
@SuppressWarnings("ArrayRecordComponent") // the series is shared, never compared
public record Window(float[][] rows, int start, int inputSteps, int horizon) {
    /** Checks that the window lies within the series. */
    public Window {
        if (inputSteps < 1 || horizon < 0 || start < 0 || start > (long) rows.length - inputSteps - horizon) {
            throw new IllegalArgumentException("window: " + inputSteps + " input steps from row " + start + " and "
                    + horizon + " after them do not fit " + rows.length + " rows");
        }
    }

    /**
     * All windows whose forecast rows lie from row {@code from} (inclusive) to {@code to} (exclusive). Inputs may reach back before
     * {@code from}: when the forecast is made, those rows are known. So what is forecast for validation is never trained on.
     */
    public static List<Window> over(float[][] rows, int inputSteps, int horizon, int from, int to) {
        if (from < 0 || to > rows.length || from > to) {
            throw new IllegalArgumentException(
                    "window: rows " + from + " to " + to + " do not lie within " + rows.length + " rows");
        }
        if (horizon < 1) {
            throw new IllegalArgumentException("window: the horizon must be at least 1, was given " + horizon);
        }
        if (inputSteps < 1) {
            throw new IllegalArgumentException("window: the input steps must be at least 1, were given " + inputSteps);
        }
        List<Window> windows = new ArrayList<>();
        long latest = (long) to - inputSteps - horizon;
        for (int start = Math.max(from - inputSteps, 0); start <= latest; start++) {
            windows.add(new Window(rows, start, inputSteps, horizon));
        }
        return windows;
    }

    /** The last rows of a series, to forecast what comes after them. */
    public static Window last(float[][] rows, int inputSteps) {
        return new Window(rows, rows.length - inputSteps, inputSteps, 0);
    }

    /** The first row that is forecast. */
    public int targetStart() {
        return start + inputSteps;
    }

    /** What is forecast from: [batch, inputSteps, features], in the current scope. */
    public static Tensor inputs(Device device, List<Window> windows) {
        Window first = first(windows);
        int features = first.rows[first.start].length;
        float[] values = new float[Math.multiplyExact(windows.size(), first.inputSteps * features)];
        int at = 0;
        for (Window window : windows) {
            demandSameSizes(first, window);
            for (int t = 0; t < window.inputSteps; t++) {
                float[] row = window.rows[window.start + t];
                if (row.length != features) {
                    throw new ShapeException(
                            "window",
                            "row " + (window.start + t) + " has " + row.length + " columns, others " + features);
                }
                System.arraycopy(row, 0, values, at, features);
                at += features;
            }
        }
        return Tensor.of(device, values, windows.size(), first.inputSteps, features);
    }

    /** What is to be forecast of one column: [batch, horizon], in the current scope. */
    public static Tensor targets(Device device, List<Window> windows, int column) {
        Window first = first(windows);
        float[] values = new float[Math.multiplyExact(windows.size(), first.horizon)];
        int at = 0;
        for (Window window : windows) {
            demandSameSizes(first, window);
            for (int t = 0; t < window.horizon; t++) {
                values[at++] = window.rows[window.targetStart() + t][column];
            }
        }
        return Tensor.of(device, values, windows.size(), first.horizon);
    }

    private static Window first(List<Window> windows) {
        if (windows.isEmpty()) {
            throw new ShapeException("window", "a batch needs at least one window");
        }
        return windows.getFirst();
    }

    private static void demandSameSizes(Window first, Window window) {
        if (window.inputSteps != first.inputSteps || window.horizon != first.horizon) {
            throw new ShapeException(
                    "window",
                    "windows of one batch differ: " + first.inputSteps + " + " + first.horizon + " steps and "
                            + window.inputSteps + " + " + window.horizon);
        }
    }
}
