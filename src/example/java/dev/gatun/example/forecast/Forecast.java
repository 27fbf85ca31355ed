package dev.gatun.example.forecast;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.data.Batches;
import dev.gatun.data.Window;
import dev.gatun.optim.Adam;
import dev.gatun.optim.AdamW;
import dev.gatun.training.EarlyStopping;
import dev.gatun.training.NotFiniteException;
import dev.gatun.training.SaveBest;
import dev.gatun.training.Training;
import dev.gatun.training.TrainingResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The command: trains a network, compares it with two baselines on the days held back, draws, saves, and looks ahead.
@Command(
        name = "scripts/example forecast",
        description = {
            "Trains a network on daily numbers, to forecast one of them for tomorrow and the days after it; compares"
                    + " it with two baselines on the last year, which it has not seen; draws, saves and loads it.",
            ""
        },
        abbreviateSynopsis = true,
        sortOptions = false,
        usageHelpAutoWidth = true)
final class Forecast implements Callable<Integer> {
    @Mixin
    private final DataOptions data = new DataOptions();

    @Mixin
    private final ModelOptions network = new ModelOptions();

    @Mixin
    private final TrainingOptions training = new TrainingOptions();

    @Option(names = "--help", usageHelp = true, description = "Show this help.")
    boolean help;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    static void main(String[] arguments) {
        System.setProperty("java.awt.headless", "true");
        CommandLine command = new CommandLine(new Forecast())
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setParameterExceptionHandler(Forecast::refuse)
                .setExecutionExceptionHandler(Forecast::report);
        System.exit(command.execute(arguments));
    }

    private static int refuse(ParameterException problem, String[] arguments) {
        CommandLine command = problem.getCommandLine();
        command.getErr().println(problem.getMessage());
        command.getErr().println(command.getCommandName() + " --help tells the options.");
        return CommandLine.ExitCode.USAGE;
    }

    /// What the user can mend is told without a stack trace.
    private static int report(Exception problem, CommandLine command, CommandLine.ParseResult parsed) throws Exception {
        switch (problem) {
            case CsvException _, UncheckedIOException _, NotFiniteException _ ->
                command.getErr().println(problem.getMessage());
            default -> throw problem;
        }
        return CommandLine.ExitCode.SOFTWARE;
    }

    @Override
    public Integer call() throws CsvException {
        network.check(spec.commandLine());
        Series series = Series.of(data.read(), data);
        Device device = training.device.device();
        Path folder = createFolder(training.output);
        Path saved = folder.resolve("model.safetensors");
        Report report = new Report(series, data.target);
        report.describe(device);
        try (ForecastModel model = newModel(series, device)) {
            model.standardize(series.standardizer());
            report.describe(model);
            report.trained(train(model, series, saved));
            float[][] forecasts = model.forecast(series.test());
            report.compare(network.kind.name(), forecasts);
            report.draw(forecasts, folder.resolve("forecast.png"));
            try (ForecastModel loaded = load(saved, series, device, forecasts)) {
                report.lookAhead(loaded.forecast(List.of(series.last()))[0]);
            }
        }
        return CommandLine.ExitCode.OK;
    }

    private static Path createFolder(Path folder) {
        try {
            return Files.createDirectories(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(folder + ": there cannot be such a folder", e);
        }
    }

    private ForecastModel newModel(Series series, Device device) {
        var config = new ForecastModel.Config(
                network.kind,
                series.features(),
                series.target(),
                series.window(),
                series.horizon(),
                network.hidden,
                network.layers,
                network.heads);
        return new ForecastModel(config, device, Generator.seeded(training.seed));
    }

    private TrainingResult train(ForecastModel model, Series series, Path saved) {
        Batches<Window> batches = Batches.of(series.training(), training.batch).shuffled(training.seed);
        Batches<Window> validation = Batches.of(series.validation(), training.batch);
        Adam.Config config = AdamW.config(training.learningRate).weightDecay(training.weightDecay);
        try (var optimizer = new AdamW(config, model.parameters());
                var display = new ProgressDisplay((long) training.epochs * batches.count())) {
            return Training.of(model, optimizer)
                    .epochs(training.epochs)
                    .clipNorm(1)
                    .validation(validation, model::loss)
                    .listeners(display, new SaveBest(saved), new EarlyStopping(training.patience))
                    .run(batches, model::loss);
        }
    }

    /// The saved model, which must forecast just as the one in memory does.
    private ForecastModel load(Path saved, Series series, Device device, float[][] expected) {
        ForecastModel loaded = newModel(series, device);
        loaded.load(saved);
        if (!Arrays.deepEquals(loaded.forecast(series.test()), expected)) {
            throw new IllegalStateException(saved + ": the loaded model forecasts otherwise than the one in memory");
        }
        IO.println("Saved to " + saved + ", loaded again: all forecasts are the same.");
        return loaded;
    }
}
