package dev.gatun.parity;

import dev.gatun.Device;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Runs a module on two devices with the same weights, inputs and random numbers, and compares every output and every gradient:
 *
 * <pre>{@code
 * var parity = new Parity<>(
 *         device -> new LSTM(LSTM.config(128, 256), device),
 *         (lstm, inputs) -> Map.of("y", lstm.forward(inputs.get("x")).sequence()));
 * try (var _ = Scope.open()) {
 *     Tensor x = Tensor.randn(Device.cpu(), 32, 50, 128);
 *     IO.println(parity.compare(Device.cpu(), Device.cuda(0), Map.of("x", x)));
 * }
 * }</pre>
 *
 * @param <M> the module's type
 * @param construction makes the module on a device; its weights are taken over from the first device's
 * @param forward outputs by name, from inputs by name, on the module's device
 */
public record Parity<M extends Module>(
        Function<Device, M> construction, BiFunction<M, Map<String, Tensor>, Map<String, Tensor>> forward) {

    /**
     * The errors of a device against another that is trusted. The loss whose gradients are compared is Σ output · c, where c are
     * numbers in ±1 drawn from a fixed seed. No tape may be open.
     *
     * @param reference the device that is trusted
     * @param device the one to compare with it
     * @param inputs by name, on any device; those of F32 and F64 get gradients
     * @throws IllegalArgumentException if both devices are one, or differ in their outputs' names or shapes
     */
    public ParityReport compare(Device reference, Device device, Map<String, Tensor> inputs) {
        if (reference == device) {
            throw new IllegalArgumentException("parity: " + device + " was to be compared with itself");
        }
        try (M expected = construction.apply(reference);
                M actual = construction.apply(device)) {
            copyWeights(expected, actual);
            Map<String, ParityRun.Value> one = ParityRun.of(expected, forward, reference, inputs, reference);
            Map<String, ParityRun.Value> other = ParityRun.of(actual, forward, device, inputs, reference);
            return new ParityReport(differences(one, other));
        }
    }

    private static void copyWeights(Module source, Module target) {
        Map<String, Parameter> weights = source.namedParameters();
        Map<String, Parameter> targets = target.namedParameters();
        if (!weights.keySet().equals(targets.keySet())) {
            throw new IllegalArgumentException(
                    "parity: the modules differ in their parameters: " + weights.keySet() + ", " + targets.keySet());
        }
        try (Scope _ = Scope.open()) {
            targets.forEach((name, parameter) -> parameter.assign(weights.get(name)));
        }
    }

    private static List<ParityReport.Difference> differences(
            Map<String, ParityRun.Value> expected, Map<String, ParityRun.Value> actual) {
        if (!expected.keySet().equals(actual.keySet())) {
            throw new IllegalArgumentException(
                    "parity: the devices differ in what they compute: " + expected.keySet() + ", " + actual.keySet());
        }
        List<ParityReport.Difference> differences = new ArrayList<>();
        expected.forEach((name, value) -> differences.add(value.difference(name, actual.get(name))));
        return differences;
    }
}
