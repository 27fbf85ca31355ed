package dev.gatun.example.forecast;

import dev.gatun.Device;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/// How to train, and where the results go.
final class TrainingOptions {
    /// The devices by their names.
    enum DeviceChoice {
        BEST,
        CPU;

        Device device() {
            return switch (this) {
                case BEST -> Device.best();
                case CPU -> Device.cpu();
            };
        }
    }

    @Option(
            names = "--epochs",
            paramLabel = "N",
            defaultValue = "100",
            converter = Numbers.Count.class,
            description = "Train this many epochs at most. Default: ${DEFAULT-VALUE}")
    int epochs;

    @Option(
            names = "--patience",
            paramLabel = "N",
            defaultValue = "8",
            converter = Numbers.Count.class,
            description = "Stop after this many epochs without improvement. Default: ${DEFAULT-VALUE}")
    int patience;

    @Option(
            names = "--batch",
            paramLabel = "N",
            defaultValue = "32",
            converter = Numbers.Count.class,
            description = "Windows in a step. Default: ${DEFAULT-VALUE}")
    int batch;

    @Option(
            names = "--learning-rate",
            paramLabel = "RATE",
            defaultValue = "0.001",
            converter = Numbers.Positive.class,
            description = "Learning rate of AdamW. Default: ${DEFAULT-VALUE}")
    double learningRate;

    /// Far more than usual: the years are few, and all look much alike.
    @Option(
            names = "--weight-decay",
            paramLabel = "RATE",
            defaultValue = "3",
            converter = Numbers.NotNegative.class,
            description = "Weight decay of AdamW, which keeps weights small. Default: ${DEFAULT-VALUE}")
    double weightDecay;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of the first weights and of the order of the windows. Default: ${DEFAULT-VALUE}")
    long seed;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            defaultValue = "best",
            description = "best or cpu. Default: ${DEFAULT-VALUE}")
    DeviceChoice device = DeviceChoice.BEST;

    @Option(
            names = "--output",
            paramLabel = "FOLDER",
            defaultValue = "target/forecast",
            description = "Folder for the model and the chart. Default: ${DEFAULT-VALUE}")
    Path output = Path.of("");
}
