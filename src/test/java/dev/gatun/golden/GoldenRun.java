package dev.gatun.golden;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import dev.gatun.Device;
import dev.gatun.Gradients;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.cpu.CpuBackend;
import dev.gatun.cpu.KernelChoice;
import dev.gatun.cuda.CudaBackendProvider;
import dev.gatun.nn.Module;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;

/// Runs a golden case with Gatun and compares outputs and all gradients with PyTorch's, relative to each tensor's
/// largest element.
public final class GoldenRun {
    /// Error of an output.
    public static final double FORWARD = 1e-5;

    /// Error of a gradient.
    public static final double BACKWARD = 1e-4;

    /// Where models are saved for `scripts/golden/verify-export`.
    private static final Path EXPORTS = Path.of("target", "golden-export");

    private static final Device SCALAR = Device.of(CpuBackend.create(KernelChoice.scalar("test"), 2));

    private GoldenRun() {}

    /// Runs a test with the scalar kernels, which must leave no memory in use.
    public static void onScalarKernels(Consumer<Device> test) {
        test.accept(SCALAR);
        assertEquals(0, SCALAR.memory().inUse(), "bytes in use after the test");
    }

    /// Runs a test on CUDA, a GPU or the host stand-in; it must leave no memory in use. Such tests have the tag "cuda".
    public static void onCuda(Consumer<Device> test) {
        Device cuda = Device.of(new CudaBackendProvider().backend(0));
        test.accept(cuda);
        assertEquals(0, cuda.memory().inUse(), "bytes in use after the test");
    }

    /// Loads the parameters into a module, runs it with and without a tape, compares, and saves the module.
    ///
    /// @param forward outputs by name, from inputs by name
    public static void verify(
            GoldenCase golden,
            Device device,
            Module module,
            Function<Map<String, Tensor>, Map<String, Tensor>> forward) {
        module.load(golden.parameters());
        try (Scope _ = Scope.open()) {
            compareOutputs(golden, device, forward.apply(golden.readAll("input.", device)), "without a tape");
        }
        verifyRecorded(golden, device, module.namedParameters(), forward);
        if (!module.namedParameters().isEmpty()) {
            export(golden, module);
        }
    }

    /// As [#verify], for a function without parameters.
    public static void verify(
            GoldenCase golden, Device device, Function<Map<String, Tensor>, Map<String, Tensor>> forward) {
        try (Scope _ = Scope.open()) {
            compareOutputs(golden, device, forward.apply(golden.readAll("input.", device)), "without a tape");
        }
        verifyRecorded(golden, device, Map.of(), forward);
    }

    private static void verifyRecorded(
            GoldenCase golden,
            Device device,
            Map<String, ? extends Tensor> parameters,
            Function<Map<String, Tensor>, Map<String, Tensor>> forward) {
        try (Tape tape = Tape.record()) {
            Map<String, Tensor> inputs = golden.readAll("input.", device);
            List<String> watched = golden.names("gradient.input.");
            watched.forEach(name -> tape.watch(inputs.get(name)));
            Map<String, Tensor> outputs = forward.apply(inputs);
            compareOutputs(golden, device, outputs, "under a tape");
            Tensor loss = Tensor.zeros(device);
            for (String name : golden.names("cotangent.")) {
                Tensor cotangent = golden.read("cotangent." + name, device);
                loss = loss.add(outputs.get(name).multiply(cotangent).sum());
            }
            List<Tensor> asked = new ArrayList<>(parameters.values());
            watched.forEach(name -> asked.add(inputs.get(name)));
            Gradients gradients = tape.gradients(loss, asked);
            assertEquals(parameters.keySet(), Set.copyOf(golden.names("gradient.parameter.")));
            parameters.forEach((name, parameter) ->
                    compareGradient(golden, "gradient.parameter." + name, gradients.find(parameter), device));
            watched.forEach(name ->
                    compareGradient(golden, "gradient.input." + name, gradients.find(inputs.get(name)), device));
        }
    }

    private static void compareOutputs(GoldenCase golden, Device device, Map<String, Tensor> outputs, String when) {
        assertEquals(Set.copyOf(golden.names("output.")), outputs.keySet(), golden + ": outputs " + when);
        outputs.forEach((name, actual) ->
                compare(golden.read("output." + name, device), actual, FORWARD, golden + ": " + name + " " + when));
    }

    /// A tensor that the loss does not depend on has no gradient with Gatun, and zeros with PyTorch.
    private static void compareGradient(GoldenCase golden, String name, Optional<Tensor> actual, Device device) {
        Tensor expected = golden.read(name, device);
        Tensor found =
                actual.orElseGet(() -> Tensor.zeros(device, expected.shape().toArray()));
        compare(expected, found, BACKWARD, golden + ": " + name);
    }

    /// Every element within a tolerance, relative to the largest expected one; infinities must agree.
    public static void compare(Tensor expected, Tensor actual, double tolerance, String what) {
        assertEquals(expected.shape(), actual.shape(), what);
        double[] want = expected.toDoubles();
        double[] got = actual.toDoubles();
        double largest = Arrays.stream(want)
                .map(Math::abs)
                .filter(Double::isFinite)
                .max()
                .orElse(0);
        double allowed = tolerance * (largest == 0 ? 1 : largest);
        for (int i = 0; i < want.length; i++) {
            boolean near = want[i] == got[i] || Math.abs(want[i] - got[i]) <= allowed;
            if (!near) {
                fail(what + ": element " + i + " of " + expected.shape() + " is " + got[i] + ", PyTorch has " + want[i]
                        + "; allowed is a difference of " + allowed);
            }
        }
    }

    static void export(GoldenCase golden, Module module) {
        Path file = EXPORTS.resolve(golden.path() + ".safetensors");
        try {
            Files.createDirectories(file.getParent());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        module.save(file);
    }
}
