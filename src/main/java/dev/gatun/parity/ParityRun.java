package dev.gatun.parity;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.Shape;
import dev.gatun.nn.Module;
import dev.gatun.parity.ParityReport.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.BiFunction;

/** One forward and backward pass on one device. */
final class ParityRun {
    private static final long DROPOUT_SEED = 1;
    private static final long COTANGENT_SEED = 2;

    private final Device device;
    private final SequencedMap<String, Value> values = new LinkedHashMap<>();

    private ParityRun(Device device) {
        this.device = device;
    }

    /** A tensor's elements. */
    @SuppressWarnings("ArrayRecordComponent") // never compared by equals
    record Value(Kind kind, Shape shape, double[] elements) {
        Value(Kind kind, Tensor tensor) {
            this(kind, tensor.shape(), tensor.toDoubles());
        }

        ParityReport.Difference difference(String name, Value actual) {
            if (!shape.equals(actual.shape)) {
                throw new IllegalArgumentException(
                        "parity: " + name + " is " + shape + " on one device, " + actual.shape + " on the other");
            }
            double difference = 0;
            double largest = 0;
            for (int i = 0; i < elements.length; i++) {
                double expected = elements[i];
                largest = Double.isFinite(expected) ? Math.max(largest, Math.abs(expected)) : largest;
                difference = Math.max(difference, distance(expected, actual.elements[i]));
            }
            return new ParityReport.Difference(name, kind, difference, largest);
        }

        /** Numbers that are not finite must be the same. */
        private static double distance(double expected, double actual) {
            if (Double.compare(expected, actual) == 0) {
                return 0;
            }
            double distance = Math.abs(expected - actual);
            return Double.isFinite(distance) ? distance : Double.POSITIVE_INFINITY;
        }
    }

    /**
     * Outputs and gradients by name.
     *
     * @param draws the device that draws the loss's factors, the same for both runs
     */
    static <M extends Module> SequencedMap<String, Value> of(
            M module,
            BiFunction<M, Map<String, Tensor>, Map<String, Tensor>> forward,
            Device device,
            Map<String, Tensor> inputs,
            Device draws) {
        ParityRun run = new ParityRun(device);
        try (Tape tape = Tape.record(Generator.seeded(DROPOUT_SEED))) {
            Map<String, Tensor> here = new LinkedHashMap<>();
            inputs.forEach((name, input) -> here.put(name, input.to(device)));
            Map<String, Tensor> asked = new LinkedHashMap<>(module.namedParameters());
            here.forEach((name, input) -> {
                if (input.dtype().isComputable()) {
                    asked.put("input " + name, tape.watch(input));
                }
            });
            Tensor loss = run.loss(new TreeMap<>(forward.apply(module, here)), draws);
            run.addGradients(tape, loss, asked);
        }
        return run.values;
    }

    /** Notes the outputs; Σ output · c over those that are real numbers. */
    private Tensor loss(Map<String, Tensor> outputs, Device draws) {
        Generator cotangents = Generator.seeded(COTANGENT_SEED);
        Tensor loss = Tensor.zeros(device);
        for (Map.Entry<String, Tensor> each : outputs.entrySet()) {
            Tensor output = each.getValue();
            values.put("output " + each.getKey(), new Value(Kind.OUTPUT, output));
            if (output.dtype().isComputable()) {
                Tensor factors = Tensor.uniform(draws, cotangents, output.dtype(), output.shape(), -1, 1);
                loss = loss.add(output.multiply(factors.to(device)).sum().to(loss.dtype()));
            }
        }
        return loss;
    }

    /** A tensor that the loss does not depend on has no gradient, which must be so on both devices. */
    private void addGradients(Tape tape, Tensor loss, Map<String, Tensor> asked) {
        List<Tensor> tensors = new ArrayList<>(asked.values());
        if (tensors.isEmpty()) {
            return;
        }
        Gradients gradients = tape.gradients(loss, tensors);
        asked.forEach((name, tensor) -> gradients
                .find(tensor)
                .ifPresent(gradient -> values.put("gradient of " + name, new Value(Kind.GRADIENT, gradient))));
    }
}
