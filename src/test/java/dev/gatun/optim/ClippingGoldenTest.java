package dev.gatun.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.Gradients;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.golden.GoldenCase;
import dev.gatun.golden.GoldenRun;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Clipping by norm and by value against PyTorch's. */
@ExtendWith(MemoryLeakExtension.class)
class ClippingGoldenTest {
    /** PyTorch divides by norm + 1e-6. */
    private static final double TOLERANCE = 2e-6;

    static List<String> cases() {
        return GoldenCase.family("clipping");
    }

    @ParameterizedTest
    @MethodSource("cases")
    void clipsAsPyTorch(String path) {
        clip(path, Device.cpu());
        GoldenRun.onScalarKernels(device -> clip(path, device));
    }

    @ParameterizedTest
    @MethodSource("cases")
    @CudaTest
    void clipsAsPyTorchOnCuda(String path) {
        GoldenRun.onCuda(device -> clip(path, device));
    }

    private static void clip(String path, Device device) {
        try (GoldenCase golden = GoldenCase.open(path);
                Tape tape = Tape.record()) {
            Tensor p0 = tape.watch(golden.read("gradient.p0", device).multiply(0));
            Tensor p1 = tape.watch(golden.read("gradient.p1", device).multiply(0));
            Tensor loss = p0.multiply(golden.read("gradient.p0", device))
                    .sum()
                    .add(p1.multiply(golden.read("gradient.p1", device)).sum());
            Gradients gradients = tape.gradients(loss, List.of(p0, p1));
            if (golden.has("max_norm")) {
                double norm = golden.read("output.norm", device).item();
                assertEquals(norm, gradients.norm(), norm * 1e-6, path);
                assertEquals(norm, gradients.clipNorm(golden.number("max_norm")), norm * 1e-6, path);
            } else {
                gradients.clipValue(golden.number("clip_value"));
            }
            GoldenRun.compare(golden.read("expected.p0", device), gradients.of(p0), TOLERANCE, path + ": p0");
            GoldenRun.compare(golden.read("expected.p1", device), gradients.of(p1), TOLERANCE, path + ": p1");
        }
    }
}
