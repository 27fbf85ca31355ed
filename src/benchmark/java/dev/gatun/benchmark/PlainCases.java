package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.LayerNorm;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Module;
import dev.gatun.nn.Sequential;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Single operations, and small programs of several modules. */
final class PlainCases {
    private static final List<Pass> INFERENCE = List.of(Pass.INFERENCE);
    private static final List<Pass> TRAINING = List.of(Pass.TRAINING);

    private PlainCases() {}

    static List<StepCase> all() {
        List<StepCase> cases = new ArrayList<>();
        cases.add(product(512, 512, 512));
        cases.add(product(1024, 1024, 1024));
        cases.add(product(2048, 2048, 2048));
        cases.add(product(64, 512, 128));
        cases.add(product(64, 2048, 512));
        cases.add(product(3200, 512, 128));
        cases.add(product(1, 1024, 1024));
        cases.add(function("softmax-4096x512", Functional::softmax, 4096, 512));
        cases.add(function("log-softmax-512x5000", Functional::logSoftmax, 512, 5000));
        cases.add(layerNorm());
        cases.add(new StepCase("adam-10M", TRAINING, 0, device -> new OptimizerStep(device, 10, 1_000_000)));
        cases.add(new StepCase("classifier", TRAINING, 0, device -> new ClassifierStep(device, 10_000, 128, 64, 100)));
        cases.add(new StepCase("generation", INFERENCE, 0, device -> new GenerationStep(device, 5000, 512, 50)));
        cases.add(linear());
        cases.add(RecurrentCases.singleStep());
        return cases;
    }

    /** a b of [rows, inner] and [inner, columns]. */
    private static StepCase product(int rows, int columns, int inner) {
        String name = "gemm-" + rows + "x" + columns + "x" + inner;
        return new StepCase(name, INFERENCE, 2L * rows * columns * inner, device -> {
            Scope scope = Scope.open();
            var inputs = new LinkedHashMap<String, Tensor>();
            Tensor a = StepCase.input(device, 3, rows, inner);
            Tensor b = StepCase.input(device, 4, inner, columns);
            inputs.put("a", a);
            inputs.put("b", b);
            return new ModuleStep(new Sequential(), inputs, () -> a.matmul(b), scope);
        });
    }

    private static StepCase function(String name, UnaryOperator<Tensor> function, int... sizes) {
        return new StepCase(
                name, INFERENCE, 0, device -> step(device, _ -> new Sequential(), (_, x) -> function.apply(x), sizes));
    }

    private static StepCase layerNorm() {
        return new StepCase(
                "layer-norm-4096x512",
                StepCase.BOTH,
                0,
                device -> step(device, on -> new LayerNorm(512, on), LayerNorm::forward, 4096, 512));
    }

    private static StepCase linear() {
        return new StepCase(
                "linear-8x8",
                INFERENCE,
                0,
                device -> step(
                        device, on -> new Linear(Linear.config(8, 8), on, Generator.seeded(1)), Linear::forward, 1, 8));
    }

    private static <M extends Module> Step step(
            Device device, Function<Device, M> maker, BiFunction<M, Tensor, Tensor> forward, int... sizes) {
        M module = maker.apply(device);
        Scope scope = Scope.open();
        var inputs = new LinkedHashMap<String, Tensor>();
        Tensor x = StepCase.input(device, 3, sizes);
        inputs.put("x", x);
        return new ModuleStep(module, inputs, () -> forward.apply(module, x), scope);
    }
}
