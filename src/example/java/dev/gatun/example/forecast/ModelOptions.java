package dev.gatun.example.forecast;

import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/// Which network to train.
final class ModelOptions {
    @Option(
            names = "--model",
            paramLabel = "MODEL",
            defaultValue = "lstm",
            description = "rnn, lstm, gru or transformer. Default: ${DEFAULT-VALUE}")
    ModelKind kind = ModelKind.LSTM;

    @Option(
            names = "--hidden",
            paramLabel = "N",
            defaultValue = "64",
            converter = Numbers.Count.class,
            description = "Size of the network's state. Default: ${DEFAULT-VALUE}")
    int hidden;

    @Option(
            names = "--layers",
            paramLabel = "N",
            defaultValue = "1",
            converter = Numbers.Count.class,
            description = "Layers on top of each other. Default: ${DEFAULT-VALUE}")
    int layers;

    @Option(
            names = "--heads",
            paramLabel = "N",
            defaultValue = "4",
            converter = Numbers.Count.class,
            description = "Attention heads of the transformer, a divisor of the size. Default: ${DEFAULT-VALUE}")
    int heads;

    /// Refuses options that do not go together.
    void check(CommandLine command) {
        if (kind == ModelKind.TRANSFORMER && hidden % heads != 0) {
            throw new ParameterException(command, "--heads " + heads + " does not divide --hidden " + hidden);
        }
    }
}
