package dev.gatun.optim;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.golden.GoldenCase;
import dev.gatun.golden.GoldenRun;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Five steps of every optimiser against PyTorch's. */
@ExtendWith(MemoryLeakExtension.class)
class OptimizerGoldenTest {
    private static final double TOLERANCE = 1e-6;
    private static final int STEPS = 5;

    static Stream<String> cases() {
        return GoldenCase.family("optimiser").stream();
    }

    @ParameterizedTest
    @MethodSource("cases")
    void takesPyTorchsSteps(String path) {
        takeSteps(path, Device.cpu());
        GoldenRun.onScalarKernels(device -> takeSteps(path, device));
    }

    @ParameterizedTest
    @MethodSource("cases")
    @CudaTest
    void takesPyTorchsStepsOnCuda(String path) {
        GoldenRun.onCuda(device -> takeSteps(path, device));
    }

    private static void takeSteps(String path, Device device) {
        try (GoldenCase golden = GoldenCase.open(path);
                Parameter p0 = parameter(golden, "p0", device);
                Parameter p1 = parameter(golden, "p1", device);
                Optimizer optimizer = optimizer(golden, p0, p1)) {
            for (int step = 1; step <= STEPS; step++) {
                try (Tape tape = Tape.record()) {
                    Tensor first = golden.read("gradient." + step + ".p0", device);
                    Tensor second = golden.read("gradient." + step + ".p1", device);
                    Tensor loss =
                            p0.multiply(first).sum().add(p1.multiply(second).sum());
                    optimizer.step(tape.gradients(loss, List.of(p0, p1)));
                    compare(golden, step, "p0", p0);
                    compare(golden, step, "p1", p1);
                }
            }
        }
    }

    private static void compare(GoldenCase golden, int step, String name, Parameter actual) {
        Tensor expected = golden.read("expected." + step + "." + name, actual.device());
        GoldenRun.compare(expected, actual, TOLERANCE, golden + ": " + name + " after step " + step);
    }

    private static Parameter parameter(GoldenCase golden, String name, Device device) {
        try (Scope _ = Scope.open()) {
            return Parameter.of(golden.read("parameter." + name, device));
        }
    }

    private static Optimizer optimizer(GoldenCase golden, Parameter p0, Parameter p1) {
        ParameterGroup[] groups = {ParameterGroup.of(List.of(p0)), groupOfItsOwn(golden, p1)};
        double rate = golden.number("lr");
        double decay = golden.number("weight_decay");
        return switch (golden.module()) {
            case "SGD" -> {
                SGD.Config plain = SGD.config(rate).weightDecay(decay).dampening(golden.number("dampening"));
                double momentum = golden.number("momentum");
                yield new SGD(golden.flag("nesterov") ? plain.nesterov(momentum) : plain.momentum(momentum), groups);
            }
            case "RMSprop" ->
                new RMSProp(
                        RMSProp.config(rate)
                                .weightDecay(decay)
                                .decay(golden.number("alpha"))
                                .epsilon(golden.number("eps"))
                                .momentum(golden.number("momentum"))
                                .centered(golden.flag("centered")),
                        groups);
            case "Adam" -> new Adam(adam(golden), groups);
            case "AdamW" -> new AdamW(adam(golden), groups);
            default -> throw new AssertionError(golden + " is of " + golden.module());
        };
    }

    private static Adam.Config adam(GoldenCase golden) {
        String[] betas = golden.text("betas").split(",", -1);
        return Adam.config(golden.number("lr"))
                .betas(Double.parseDouble(betas[0]), Double.parseDouble(betas[1]))
                .epsilon(golden.number("eps"))
                .weightDecay(golden.number("weight_decay"));
    }

    private static ParameterGroup groupOfItsOwn(GoldenCase golden, Parameter p1) {
        ParameterGroup group = ParameterGroup.of(List.of(p1));
        if (golden.has("p1.lr")) {
            group = group.learningRate(golden.number("p1.lr"));
        }
        return golden.has("p1.weight_decay") ? group.weightDecay(golden.number("p1.weight_decay")) : group;
    }
}
