package dev.gatun.tool;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.GRU;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.MultiHeadAttention;
import dev.gatun.nn.RNN;
import dev.gatun.nn.Recurrent;
import dev.gatun.nn.RecurrentOutput;
import dev.gatun.nn.TransformerEncoderLayer;
import dev.gatun.parity.Parity;
import dev.gatun.parity.ParityReport;
import dev.gatun.parity.ParityReport.Kind;
import java.io.PrintStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;

/** Runs modules of every family on two devices and prints how far they are apart. */
final class ModuleParity {
    private static final int BATCH = 5;
    private static final int STEPS = 9;
    private static final int WIDTH = 24;
    private static final int HIDDEN = 20;
    private static final int NARROW = 12;
    private static final double CLIP = 0.125;
    private static final int HEADS = 4;
    private static final double DROPOUT = 0.2;
    private static final int[] LENGTHS = {3, 9, 0, 7, 9};

    private static final List<Subject> SUBJECTS = List.of(
            recurrent("RNN", device -> new RNN(RNN.config(WIDTH, HIDDEN).layers(2), device)),
            recurrent(
                    "LSTM, bidirectional",
                    device -> new LSTM(LSTM.config(WIDTH, HIDDEN).layers(2).bidirectional(), device)),
            recurrent(
                    "LSTM, projected and clipped",
                    device -> new LSTM(
                            LSTM.config(WIDTH, HIDDEN)
                                    .layers(2)
                                    .projection(NARROW)
                                    .clip(CLIP),
                            device)),
            recurrent("GRU", device -> new GRU(GRU.config(WIDTH, HIDDEN).layers(2), device)),
            recurrent(
                    "GRU, reset before",
                    device -> new GRU(GRU.config(WIDTH, HIDDEN).resetBefore(), device)),
            new Subject(
                    "LSTM, sequences of various lengths",
                    new Parity<>(
                            device -> new LSTM(LSTM.config(WIDTH, HIDDEN).bidirectional(), device),
                            (lstm, inputs) -> outputs(lstm.forward(inputs.get("x"), LENGTHS)))),
            new Subject(
                    "MultiHeadAttention",
                    new Parity<>(
                            device -> new MultiHeadAttention(MultiHeadAttention.config(WIDTH, HEADS), device),
                            (attention, inputs) -> Map.of("y", attention.forward(inputs.get("x"))))),
            new Subject(
                    "TransformerEncoderLayer, causal, dropout",
                    new Parity<>(
                            device -> new TransformerEncoderLayer(
                                    TransformerEncoderLayer.config(WIDTH, HEADS).dropout(DROPOUT), device),
                            (layer, inputs) -> Map.of("y", layer.forward(inputs.get("x"), AttentionMask.CAUSAL)))));

    private record Subject(String name, Parity<?> parity) {}

    private final PrintStream output;

    ModuleParity(PrintStream output) {
        this.output = output;
    }

    private static <M extends Recurrent> Subject recurrent(String name, Function<Device, M> construction) {
        return new Subject(
                name, new Parity<>(construction, (module, inputs) -> outputs(module.forward(inputs.get("x")))));
    }

    private static Map<String, Tensor> outputs(RecurrentOutput output) {
        Map<String, Tensor> outputs = new LinkedHashMap<>();
        outputs.put("sequence", output.sequence());
        outputs.put("hidden", output.state().hidden());
        if (output.state().cell() != null) {
            outputs.put("cell", output.state().cell());
        }
        return outputs;
    }

    /** Whether no error is above its tolerance. */
    boolean run(Device reference, Device device) {
        output.printf(Locale.ROOT, "%s compared with %s%n", device.description(), reference.description());
        output.printf(Locale.ROOT, "%-42s %9s %9s%n", "error, of the largest element", "outputs", "gradients");
        boolean fine = true;
        for (Subject subject : SUBJECTS) {
            fine &= run(subject, reference, device);
        }
        output.printf(
                Locale.ROOT,
                "%s: tolerated are %.0e and %.0e%n",
                fine ? "the devices agree" : "the devices DIFFER",
                ParityReport.OUTPUT_TOLERANCE,
                ParityReport.GRADIENT_TOLERANCE);
        return fine;
    }

    private boolean run(Subject subject, Device reference, Device device) {
        try (Scope _ = Scope.open()) {
            Shape shape = Shape.of(BATCH, STEPS, WIDTH);
            Tensor x = Tensor.normal(reference, Generator.seeded(1), DType.F32, shape, 0, 1);
            ParityReport report = subject.parity().compare(reference, device, Map.of("x", x));
            output.printf(
                    Locale.ROOT,
                    "%-42s %9.1e %9.1e%n",
                    subject.name(),
                    report.error(Kind.OUTPUT),
                    report.error(Kind.GRADIENT));
            report.above().forEach(difference -> output.println("  " + difference));
            return report.above().isEmpty();
        }
    }
}
