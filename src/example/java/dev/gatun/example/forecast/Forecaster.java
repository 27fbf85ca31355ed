package dev.gatun.example.forecast;

import dev.gatun.data.Window;
import java.util.List;

/// Forecasts the target for the days after each window, `[window][day]`.
@FunctionalInterface
interface Forecaster {
    float[][] forecast(List<Window> windows);
}
