package dev.gatun.example.forecast;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Tensor;
import dev.gatun.nn.GRU;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Layer;
import dev.gatun.nn.RNN;
import dev.gatun.nn.Recurrent;

/// Reads windows day by day: x `[batch, window, features]`, result `[batch, hidden]`, the state after the last day.
final class RecurrentEncoder extends Layer {
    private final Recurrent recurrent;

    RecurrentEncoder(ForecastModel.Config config, Device device, Generator generator) {
        int inputs = config.features();
        int hidden = config.hidden();
        int layers = config.layers();
        recurrent = register(
                "recurrent",
                switch (config.kind()) {
                    case RNN -> new RNN(RNN.config(inputs, hidden).layers(layers), device, generator);
                    case LSTM -> new LSTM(LSTM.config(inputs, hidden).layers(layers), device, generator);
                    case GRU -> new GRU(GRU.config(inputs, hidden).layers(layers), device, generator);
                    case TRANSFORMER -> throw new IllegalArgumentException("a transformer is not recurrent");
                });
    }

    @Override
    public Tensor forward(Tensor x) {
        return recurrent.forward(x).last();
    }
}
