package dev.gatun.tool;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.json.JsonWriter;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Losses;
import dev.gatun.optim.SGD;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a device can train: one step of an LSTM and a Linear, after which the loss must be lower.
 *
 * @param device the device's name; null where there is none
 * @param description what the device says of itself
 * @param before the loss before the step
 * @param after the loss after it
 * @param error what went wrong; null when nothing did
 */
record Trial(
        @Nullable String device,
        String description,
        double before,
        double after,
        @Nullable String error) {
    private static final int BATCH = 4;
    private static final int STEPS = 6;
    private static final int INPUTS = 3;
    private static final int HIDDEN = 8;
    private static final double LEARNING_RATE = 0.05;

    /** Tries the device that is supplied. */
    static Trial of(Supplier<Device> choice) {
        String name = null;
        String description = "";
        try {
            Device device = choice.get();
            name = device.name();
            description = device.description();
            double[] losses = train(device);
            return new Trial(name, description, losses[0], losses[1], verdict(losses[0], losses[1]));
        } catch (RuntimeException | LinkageError failure) {
            String message = failure.getMessage() == null ? failure.toString() : failure.getMessage();
            return new Trial(name, description, Double.NaN, Double.NaN, message);
        }
    }

    static @Nullable String verdict(double before, double after) {
        return after < before ? null : "a step of training did not lower the loss";
    }

    /** The losses before and after one step, always on the same numbers. */
    private static double[] train(Device device) {
        Generator generator = Generator.seeded(1);
        try (Scope _ = Scope.open();
                LSTM lstm = new LSTM(LSTM.config(INPUTS, HIDDEN), device, generator);
                Linear head = new Linear(Linear.config(HIDDEN, 1), device, generator)) {
            List<Parameter> parameters = new ArrayList<>(lstm.parameters());
            parameters.addAll(head.parameters());
            Tensor x = Tensor.normal(device, generator, DType.F32, Shape.of(BATCH, STEPS, INPUTS), 0, 1);
            Tensor y = Tensor.normal(device, generator, DType.F32, Shape.of(BATCH, 1), 0, 1);
            double before;
            try (SGD optimizer = new SGD(SGD.config(LEARNING_RATE), parameters);
                    Tape tape = Tape.record(generator)) {
                Tensor loss = Losses.mse(head.forward(lstm.forward(x).last()), y);
                before = loss.item();
                optimizer.step(tape.gradients(loss, parameters));
            }
            return new double[] {
                before, Losses.mse(head.forward(lstm.forward(x).last()), y).item()
            };
        }
    }

    boolean works() {
        return error == null;
    }

    /** For people. */
    @Override
    public String toString() {
        String losses = Double.isNaN(before)
                ? ""
                : String.format(Locale.ROOT, "\n  loss %.6f before a step of training, %.6f after it", before, after);
        String verdict = error == null ? "it works" : "it does not work: " + error;
        return device == null ? "none: " + error : device + " (" + description + ")" + losses + "\n  " + verdict;
    }

    String toJson() {
        Map<String, String> members = new LinkedHashMap<>();
        members.put("name", text(device));
        members.put("description", JsonWriter.string(description));
        members.put("lossBefore", number(before));
        members.put("lossAfter", number(after));
        members.put("works", Boolean.toString(works()));
        members.put("error", text(error));
        return JsonWriter.object(members);
    }

    private static String text(@Nullable String text) {
        return text == null ? "null" : JsonWriter.string(text);
    }

    private static String number(double number) {
        return Double.isFinite(number) ? Double.toString(number) : "null";
    }
}
