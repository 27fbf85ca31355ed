package dev.gatun.example.forecast;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Tensor;
import dev.gatun.nn.Layer;
import dev.gatun.nn.Linear;
import dev.gatun.nn.PositionalEncoding;
import dev.gatun.nn.TransformerEncoder;
import dev.gatun.nn.TransformerEncoderLayer;

/// Reads windows all days at once: x `[batch, window, features]`, result `[batch, hidden]`, what the last day has
/// learned from the others.
final class AttentionEncoder extends Layer {
    private final Linear embedding;
    private final PositionalEncoding positions;
    private final TransformerEncoder encoder;

    AttentionEncoder(ForecastModel.Config config, Device device, Generator generator) {
        int hidden = config.hidden();
        embedding = register("embedding", new Linear(Linear.config(config.features(), hidden), device, generator));
        positions = register(
                "positions", new PositionalEncoding(PositionalEncoding.sinusoidal(hidden, config.window()), device));
        var layer = TransformerEncoderLayer.config(hidden, config.heads())
                .feedForward(4 * hidden)
                .normFirst()
                .gelu();
        encoder = register(
                "encoder",
                new TransformerEncoder(
                        TransformerEncoder.config(layer, config.layers()).finalNorm(), device, generator));
    }

    @Override
    public Tensor forward(Tensor x) {
        return encoder.forward(positions.forward(embedding.forward(x))).select(1, -1);
    }
}
