package dev.gatun.optim;

import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A parameter, what an optimiser remembers of it, and how many steps it has taken. */
final class Slot {
    private final Parameter parameter;
    private final Map<String, Parameter> states = new LinkedHashMap<>();
    private long steps;

    /** A slot that remembers tensors of the parameter's shape under some names, all zero. */
    Slot(Parameter parameter, List<String> stateNames) {
        this.parameter = parameter;
        boolean made = false;
        try (Scope _ = Scope.open()) {
            Tensor zeros = Tensor.full(parameter.device(), parameter.dtype(), parameter.shape(), 0);
            for (String name : stateNames) {
                Parameter state = Parameter.of(zeros);
                state.freeze(true);
                states.put(name, state);
            }
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    Parameter parameter() {
        return parameter;
    }

    Map<String, Parameter> states() {
        return Collections.unmodifiableMap(states);
    }

    long steps() {
        return steps;
    }

    void steps(long taken) {
        steps = taken;
    }

    void close() {
        states.values().forEach(Parameter::close);
    }
}
