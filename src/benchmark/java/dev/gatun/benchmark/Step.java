package dev.gatun.benchmark;

import dev.gatun.Gradients;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.nn.Module;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** A module at work on inputs of its own: a forward pass, or a training step without optimiser. */
final class Step implements AutoCloseable {
    private final Module module;
    private final List<Tensor> inputs;
    private final List<Tensor> asked;
    private final Supplier<Tensor> forward;
    private final Scope scope;

    /** A step that closes the module and the scope of the inputs when it is closed. */
    Step(Module module, List<Tensor> inputs, Supplier<Tensor> forward, Scope scope) {
        this.module = module;
        this.inputs = inputs;
        this.forward = forward;
        this.scope = scope;
        this.asked = new ArrayList<>(module.parameters());
        asked.addAll(inputs);
    }

    /** The outputs; their memory is free again. */
    Tensor inference() {
        try (var _ = Scope.open()) {
            return forward.get();
        }
    }

    /** The outputs, their sum, and its gradients by all parameters and inputs. */
    Gradients training() {
        try (Tape tape = Tape.record()) {
            inputs.forEach(tape::watch);
            return tape.gradients(forward.get().sum(), asked);
        }
    }

    @Override
    public void close() {
        scope.close();
        module.close();
    }
}
