package dev.gatun.example.forecast;

import dev.gatun.data.Window;
import java.util.Arrays;
import java.util.List;

/// The baseline that says: it will be as today.
///
/// @param target the feature to forecast
record Persistence(int target) implements Forecaster {
    @Override
    public float[][] forecast(List<Window> windows) {
        return windows.stream().map(this::path).toArray(float[][]::new);
    }

    private float[] path(Window window) {
        float[] path = new float[window.horizon()];
        Arrays.fill(path, window.rows()[window.targetStart() - 1][target]);
        return path;
    }
}
