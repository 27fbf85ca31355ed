/// Forecasts tomorrow's highest temperature, and a week's path, from the weather of the last days.
///
/// [dev.gatun.example.forecast.Forecast] is the command; [dev.gatun.example.forecast.ForecastModel] is the network.
@NullMarked
package dev.gatun.example.forecast;

import org.jspecify.annotations.NullMarked;
