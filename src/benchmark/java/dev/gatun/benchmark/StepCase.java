package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * A step that is measured: by JMH, beside PyTorch and onnxruntime ({@code scripts/compare}), and on a GPU beside PyTorch and a twin in C++
 * ({@code scripts/gpu}, {@code native/baseline}), which all know it by the same name.
 *
 * @param name such as {@code lstm-A}
 * @param passes what is done with it
 * @param operations floating-point operations of the products in a forward pass, a multiply-add counting as two; 0 where others prevail
 * @param maker makes it on a device
 */
record StepCase(String name, List<Pass> passes, long operations, Function<Device, Step> maker) {
    /** What the passes of most cases are. */
    static final List<Pass> BOTH = List.of(Pass.INFERENCE, Pass.TRAINING);

    /** All of them. */
    static List<StepCase> all() {
        List<StepCase> cases = layers(false);
        cases.addAll(PlainCases.all());
        return cases;
    }

    /** Layers and attention, which have twins in C++; small ones make the same calls on less data, for the host stand-in. */
    static List<StepCase> layers(boolean small) {
        List<StepCase> cases = new ArrayList<>(RecurrentCases.all(small));
        cases.addAll(AttentionCases.all(small));
        return cases;
    }

    /** The one of a name. */
    static StepCase named(String name) {
        return all().stream()
                .filter(each -> each.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("there is no case " + name));
    }

    /** Floating-point operations of the products in a pass: training has two more for each of the forward pass. */
    long operations(Pass pass) {
        return pass == Pass.TRAINING ? 3 * operations : operations;
    }

    /** Normally distributed numbers. */
    static Tensor input(Device device, int seed, int... sizes) {
        return Tensor.normal(device, Generator.seeded(seed), DType.F32, Shape.of(sizes), 0, 1);
    }
}
