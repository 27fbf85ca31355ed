package dev.gatun.example.forecast;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.data.Standardizer;
import dev.gatun.data.Window;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.Layer;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Losses;
import java.util.List;

/// Forecasts by how much the target will differ from today's:
/// `y = today + deviation · head(encoder((x − means) / deviations))`.
/// Shapes: x `[batch, window, features]`, y `[batch, horizon]`, both in the units of the data.
///
/// Means and deviations are parameters that are not trained, so that a saved model is all that a forecast takes.
final class ForecastModel extends Layer implements Forecaster {
    /// How the model is built.
    ///
    /// @param kind what reads the window
    /// @param features numbers of each day
    /// @param target which of them to forecast
    /// @param window days to forecast from
    /// @param horizon days to forecast
    /// @param hidden size of the encoder's result
    /// @param layers layers of the encoder
    /// @param heads attention heads, where there is attention
    record Config(
            ModelKind kind, int features, int target, int window, int horizon, int hidden, int layers, int heads) {}

    private static final int FORECAST_BATCH = 256;

    private final Config config;
    private final Device device;
    private final Parameter means;
    private final Parameter deviations;
    private final Layer encoder;
    private final Linear head;

    ForecastModel(Config config, Device device, Generator generator) {
        this.config = config;
        this.device = device;
        means = register("means", constant(0));
        deviations = register("deviations", constant(1));
        encoder = register(
                "encoder",
                switch (config.kind()) {
                    case RNN, LSTM, GRU -> new RecurrentEncoder(config, device, generator);
                    case TRANSFORMER -> new AttentionEncoder(config, device, generator);
                });
        head = register("head", new Linear(Linear.config(config.hidden(), config.horizon()), device, generator));
    }

    private Parameter constant(double value) {
        try (var _ = Scope.open()) {
            Parameter parameter = Parameter.of(Tensor.full(device, DType.F32, Shape.of(config.features()), value));
            parameter.freeze(true);
            return parameter;
        }
    }

    /// Sets means and deviations, which are 0 and 1 at first.
    void standardize(Standardizer standardizer) {
        try (var _ = Scope.open()) {
            means.assign(Tensor.of(device, standardizer.means(), config.features()));
            deviations.assign(Tensor.of(device, standardizer.deviations(), config.features()));
        }
    }

    @Override
    public Tensor forward(Tensor x) {
        int target = config.target();
        Tensor standard = x.subtract(means).divide(deviations);
        Tensor change = head.forward(encoder.forward(standard)).multiply(deviations.slice(0, target, target + 1));
        Tensor today = x.select(1, -1).slice(1, target, target + 1);
        return today.add(change);
    }

    /// The mean squared error over all windows and days, in the square of the target's unit.
    Tensor loss(List<Window> batch) {
        Tensor forecast = forward(Window.inputs(device, batch));
        return Losses.mse(forecast, Window.targets(device, batch, config.target()));
    }

    @Override
    public float[][] forecast(List<Window> windows) {
        float[][] paths = new float[windows.size()][config.horizon()];
        for (int from = 0; from < paths.length; from += FORECAST_BATCH) {
            List<Window> batch = windows.subList(from, Math.min(from + FORECAST_BATCH, paths.length));
            try (var _ = Scope.open()) {
                float[] values = forward(Window.inputs(device, batch)).toFloats();
                for (int i = 0; i < values.length; i++) {
                    paths[from + i / config.horizon()][i % config.horizon()] = values[i];
                }
            }
        }
        return paths;
    }
}
