package dev.gatun.nn;

import dev.gatun.Parameter;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.io.TensorEntry;
import dev.gatun.io.TensorSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Loads parameters by name: compares all names and shapes first, then reads everything, and only then overwrites. */
final class ParameterLoader {
    private final String module;
    private final Map<String, Parameter> parameters;
    private final TensorSource source;

    ParameterLoader(String module, Map<String, Parameter> parameters, TensorSource source) {
        this.module = module;
        this.parameters = parameters;
        this.source = source;
    }

    void load() {
        demandMatch();
        try (Scope _ = Scope.open()) {
            Map<String, Tensor> values = new LinkedHashMap<>();
            parameters.forEach((name, parameter) -> {
                if (source.names().contains(name)) {
                    values.put(name, source.read(name, parameter.device()));
                }
            });
            values.forEach((name, tensor) -> parameter(name).assign(tensor));
        }
    }

    private Parameter parameter(String name) {
        return parameters.get(name);
    }

    private void demandMatch() {
        List<String> unexpected = source.names().stream()
                .filter(name -> !parameters.containsKey(name))
                .toList();
        StringBuilder problems = new StringBuilder();
        append(problems, "missing", missing());
        append(problems, "unexpected", unexpected);
        append(problems, "not fitting", misfits());
        if (!problems.isEmpty()) {
            throw new ParameterMismatchException("load: " + source + " does not fit " + module + problems);
        }
    }

    /** Names that the file lacks; a shared parameter needs only one of its names. */
    private List<String> missing() {
        Set<Parameter> found = Collections.newSetFromMap(new IdentityHashMap<>());
        source.names().stream().filter(parameters::containsKey).forEach(name -> found.add(parameter(name)));
        return parameters.keySet().stream()
                .filter(name -> !found.contains(parameter(name)))
                .toList();
    }

    private List<String> misfits() {
        List<String> misfits = new ArrayList<>();
        for (String name : source.names()) {
            Parameter parameter = parameters.get(name);
            if (parameter == null) {
                continue;
            }
            TensorEntry entry = source.entry(name);
            boolean isNumber = entry.dtype() != null && entry.dtype().isFloating();
            if (!isNumber || !entry.shape().equals(parameter.shape())) {
                misfits.add(name + " is " + entry.type() + " " + entry.shape() + ", expected " + parameter.dtype() + " "
                        + parameter.shape());
            }
        }
        return misfits;
    }

    private static void append(StringBuilder problems, String title, List<String> names) {
        if (!names.isEmpty()) {
            problems.append("\n  ").append(title).append(": ").append(String.join(", ", names));
        }
    }
}
