package dev.gatun.benchmark;

import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.nn.Module;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.function.Supplier;

/** A module at work. Training starts from a gradient by the outputs that is drawn once, and has no optimiser. */
final class ModuleStep implements Step {
    private final Module module;
    private final SequencedMap<String, Tensor> inputs;
    private final Supplier<Tensor> forward;
    private final Scope scope;
    private final List<Tensor> asked;
    private final Tensor upstream;

    /** A step that closes the module and the scope of the inputs, the innermost one, when it is closed. */
    ModuleStep(Module module, SequencedMap<String, Tensor> inputs, Supplier<Tensor> forward, Scope scope) {
        this.module = module;
        this.inputs = inputs;
        this.forward = forward;
        this.scope = scope;
        this.asked = new ArrayList<>(module.parameters());
        asked.addAll(inputs.values());
        this.upstream = upstream();
    }

    private Tensor upstream() {
        try (Scope once = Scope.open()) {
            Tensor y = forward.get();
            return once.keep(Tensor.normal(y.device(), Generator.seeded(9), DType.F32, y.shape(), 0, 1));
        }
    }

    @Override
    public void run(Pass pass) {
        switch (pass) {
            case INFERENCE -> infer();
            case TRAINING -> train();
        }
    }

    private Tensor infer() {
        try (var _ = Scope.open()) {
            return forward.get();
        }
    }

    private void train() {
        try (Tape tape = Tape.record()) {
            inputs.values().forEach(tape::watch);
            tape.gradients(forward.get(), upstream, asked);
        }
    }

    @Override
    public Map<String, Tensor> results() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        module.namedParameters().forEach((name, parameter) -> all.put("parameter." + name, parameter));
        inputs.forEach((name, input) -> all.put("input." + name, input));
        all.put("output.y", forward.get());
        all.put("upstream", upstream);
        SequencedMap<String, Tensor> named = new LinkedHashMap<>(module.namedParameters());
        named.putAll(inputs);
        try (Tape tape = Tape.record()) {
            inputs.values().forEach(tape::watch);
            var gradients = tape.gradients(forward.get(), upstream, named.values());
            named.forEach((name, tensor) -> all.put("gradient." + name, tape.keep(gradients.of(tensor))));
        }
        return all;
    }

    @Override
    public void close() {
        scope.close();
        module.close();
    }
}
