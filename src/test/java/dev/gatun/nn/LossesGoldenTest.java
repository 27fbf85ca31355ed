package dev.gatun.nn;

import dev.gatun.CudaTest;
import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.golden.GoldenCase;
import dev.gatun.golden.GoldenRun;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every loss in every form against PyTorch's. */
@ExtendWith(MemoryLeakExtension.class)
class LossesGoldenTest {
    static List<String> crossEntropyCases() {
        return GoldenCase.family("cross-entropy");
    }

    static List<String> binaryCases() {
        return GoldenCase.family("bce-with-logits");
    }

    static List<String> regressionCases() {
        return GoldenCase.family("regression");
    }

    private static LossReduction reduction(GoldenCase golden) {
        return LossReduction.valueOf(golden.text("reduction").toUpperCase(Locale.ROOT));
    }

    @ParameterizedTest
    @MethodSource("crossEntropyCases")
    void crossEntropy(String path) {
        crossEntropy(path, Device.cpu());
        GoldenRun.onScalarKernels(device -> crossEntropy(path, device));
    }

    @ParameterizedTest
    @MethodSource("crossEntropyCases")
    @CudaTest
    void crossEntropyOnCuda(String path) {
        GoldenRun.onCuda(device -> crossEntropy(path, device));
    }

    private static void crossEntropy(String path, Device device) {
        try (GoldenCase golden = GoldenCase.open(path)) {
            GoldenRun.verify(golden, device, inputs -> {
                CrossEntropyOptions options = CrossEntropyOptions.defaults()
                        .ignore(golden.integer("ignore_index"))
                        .labelSmoothing(golden.number("label_smoothing"))
                        .reduction(reduction(golden));
                if (inputs.containsKey("weight")) {
                    options = options.classWeights(inputs.get("weight"));
                }
                return Map.of("loss", Losses.crossEntropy(inputs.get("logits"), inputs.get("target"), options));
            });
        }
    }

    @ParameterizedTest
    @MethodSource("binaryCases")
    void bceWithLogits(String path) {
        bceWithLogits(path, Device.cpu());
        GoldenRun.onScalarKernels(device -> bceWithLogits(path, device));
    }

    @ParameterizedTest
    @MethodSource("binaryCases")
    @CudaTest
    void bceWithLogitsOnCuda(String path) {
        GoldenRun.onCuda(device -> bceWithLogits(path, device));
    }

    private static void bceWithLogits(String path, Device device) {
        try (GoldenCase golden = GoldenCase.open(path)) {
            GoldenRun.verify(golden, device, inputs -> {
                LossOptions options = new LossOptions(reduction(golden), null, inputs.get("weight"));
                Tensor logits = inputs.get("logits");
                Tensor target = inputs.get("target");
                Tensor positive = inputs.get("pos_weight");
                Tensor loss = positive == null
                        ? Losses.bceWithLogits(logits, target, options)
                        : Losses.bceWithLogits(logits, target, positive, options);
                return Map.of("loss", loss);
            });
        }
    }

    @ParameterizedTest
    @MethodSource("regressionCases")
    void regression(String path) {
        regression(path, Device.cpu());
        GoldenRun.onScalarKernels(device -> regression(path, device));
    }

    @ParameterizedTest
    @MethodSource("regressionCases")
    @CudaTest
    void regressionOnCuda(String path) {
        GoldenRun.onCuda(device -> regression(path, device));
    }

    /** PyTorch also gives the gradient of the target, which Gatun refuses to train. */
    private static void regression(String path, Device device) {
        try (GoldenCase golden = GoldenCase.open(path);
                Tape tape = Tape.record()) {
            Tensor prediction = tape.watch(golden.read("input.prediction", device));
            Tensor loss = loss(golden, prediction, golden.read("input.target", device));
            GoldenRun.compare(golden.read("output.loss", device), loss, GoldenRun.FORWARD, path);
            Tensor total = loss.multiply(golden.read("cotangent.loss", device)).sum();
            Tensor gradient = tape.gradients(total, List.of(prediction)).of(prediction);
            GoldenRun.compare(golden.read("gradient.input.prediction", device), gradient, GoldenRun.BACKWARD, path);
        }
    }

    private static Tensor loss(GoldenCase golden, Tensor prediction, Tensor target) {
        LossOptions options = new LossOptions(reduction(golden), null, null);
        return switch (golden.module()) {
            case "MSELoss" -> Losses.mse(prediction, target, options);
            case "L1Loss" -> Losses.l1(prediction, target, options);
            case "HuberLoss" -> Losses.huber(prediction, target, golden.number("delta"), options);
            case "SmoothL1Loss" -> {
                double beta = golden.number("beta");
                yield Losses.huber(prediction, target, beta, options).multiply(1 / beta);
            }
            default -> throw new AssertionError(golden + " is of " + golden.module());
        };
    }
}
