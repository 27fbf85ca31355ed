package dev.gatun.nn;

import dev.gatun.Parameter;
import dev.gatun.backend.WeightLayout;
import dev.gatun.io.SafeTensors;
import dev.gatun.io.TensorSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.Set;

/**
 * Something with parameters: a layer, or a model made of layers. A subclass registers its parameters and the modules it is made of
 * in its constructor, in the order in which files and summaries list them:
 *
 * <pre>{@code
 * final class Classifier extends Module {
 *     private final Embedding embedding = register("embedding", new Embedding(10_000, 128, device));
 *     private final Linear output = register("output", new Linear(128, 2, device));
 *
 *     Tensor forward(Tensor tokens) {
 *         return output.forward(embedding.forward(tokens).mean(1));
 *     }
 * }
 * }</pre>
 *
 * <p>Parameters live until the module is closed. A module holds no state of a computation, so any number of threads may run it at
 * the same time.
 */
public abstract class Module implements AutoCloseable {
    private final SequencedMap<String, Module> children = new LinkedHashMap<>();
    private final SequencedMap<String, Parameter> own = new LinkedHashMap<>();
    private final List<Parameter> packed = new ArrayList<>();
    private final List<Parameter> constants = new ArrayList<>();
    private boolean closed;

    /** A module without parameters so far. */
    protected Module() {}

    /** Makes a module part of this one, under a name such as {@code encoder}; returns it. */
    protected final <M extends Module> M register(String name, M child) {
        checkName(name);
        children.put(name, child);
        return child;
    }

    /** Makes a parameter one of this module's, under a name such as {@code weight}; returns it. */
    protected final Parameter register(String name, Parameter parameter) {
        checkName(name);
        own.put(name, parameter);
        return parameter;
    }

    /**
     * Makes a packed parameter one of this module's: backends see it whole, names, files and training see its parts.
     *
     * @return the packed parameter
     */
    protected final Parameter register(Parameter whole, Collection<WeightLayout.Entry> parts) {
        parts.forEach(part -> register(part.name(), whole.part(part.layout())));
        packed.add(whole);
        return whole;
    }

    /** Makes a table that is computed once part of this module's life: it is neither trained nor named nor saved. */
    protected final Parameter registerConstant(Parameter constant) {
        checkOpen();
        constant.freeze(true);
        constants.add(constant);
        return constant;
    }

    private void checkName(String name) {
        checkOpen();
        if (name.isEmpty() || name.contains(".")) {
            throw new IllegalArgumentException(
                    "register: a name must have characters and no dot, was given '" + name + "'");
        }
        if (children.containsKey(name) || own.containsKey(name)) {
            throw new IllegalArgumentException(
                    "register: " + typeName() + " has a '" + name + "' already; every name stands once");
        }
    }

    /**
     * The parameters to train: all that are not frozen, in the order of registration, each once. Of a packed parameter these are
     * its parts, so that each can be frozen, grouped and monitored by itself.
     */
    public final List<Parameter> parameters() {
        return allParameters().stream()
                .filter(parameter -> !parameter.isFrozen())
                .toList();
    }

    /** All parameters, frozen ones too, under their full names, such as {@code encoder.layers.0.self_attn.in_proj_weight}. */
    public final SequencedMap<String, Parameter> namedParameters() {
        checkOpen();
        SequencedMap<String, Parameter> named = new LinkedHashMap<>();
        collectNamed("", named);
        return Collections.unmodifiableSequencedMap(named);
    }

    private void collectNamed(String prefix, Map<String, Parameter> named) {
        own.forEach((name, parameter) -> named.put(prefix + name, parameter));
        children.forEach((name, child) -> child.collectNamed(prefix + name + ".", named));
    }

    /** The modules that this one is directly made of, by their names. */
    public final SequencedMap<String, Module> children() {
        return Collections.unmodifiableSequencedMap(children);
    }

    /** The parameters of this module itself, without those of its children, by their names. */
    final SequencedMap<String, Parameter> ownParameters() {
        return Collections.unmodifiableSequencedMap(own);
    }

    /** The number of elements of all parameters, frozen ones too; a shared parameter counts once. */
    public final long parameterCount() {
        return allParameters().stream()
                .mapToLong(parameter -> parameter.shape().elements())
                .sum();
    }

    private List<Parameter> allParameters() {
        checkOpen();
        Set<Parameter> distinct = Collections.newSetFromMap(new IdentityHashMap<>());
        List<Parameter> all = new ArrayList<>();
        collect(distinct, all);
        return all;
    }

    private void collect(Set<Parameter> distinct, List<Parameter> all) {
        for (Parameter parameter : own.values()) {
            if (distinct.add(parameter)) {
                all.add(parameter);
            }
        }
        children.values().forEach(child -> child.collect(distinct, all));
    }

    /** Excludes all parameters of this module, and of those it is made of, from training. */
    public final void freeze() {
        freeze(true);
    }

    /** Takes all parameters of this module, and of those it is made of, back into training. */
    public final void unfreeze() {
        freeze(false);
    }

    /** A packed parameter that is frozen as a whole has no backward pass at all. */
    private void freeze(boolean exclude) {
        checkOpen();
        own.values().forEach(parameter -> parameter.freeze(exclude));
        packed.forEach(parameter -> parameter.freeze(exclude));
        children.values().forEach(child -> child.freeze(exclude));
    }

    /**
     * Overwrites all parameters with those of a file, by their full names, which are PyTorch's; F64, F16 and BF16 are converted.
     *
     * @throws ParameterMismatchException if names or shapes differ; it lists all of them, and nothing is changed
     */
    public final void load(TensorSource source) {
        new ParameterLoader(typeName(), namedParameters(), source).load();
    }

    /** As {@link #load(TensorSource)}, from a safetensors file. */
    public final void load(Path file) {
        try (SafeTensors source = SafeTensors.open(file)) {
            load(source);
        }
    }

    /** Writes all parameters to a safetensors file that PyTorch loads as a {@code state_dict}; it appears whole or not at all. */
    public final void save(Path file) {
        SafeTensors.write(file, namedParameters(), Map.of("format", "pt"));
    }

    /** A table of the modules and their parameters with types, shapes and counts, and the total. */
    public final String summary() {
        checkOpen();
        return new ModuleSummary(this).toString();
    }

    /** The name of the class, as summaries and errors call it. */
    final String typeName() {
        String name = getClass().getSimpleName();
        return name.isEmpty() ? Module.class.getSimpleName() : name;
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException(typeName() + " was used after it was closed");
        }
    }

    /** Releases the parameters of this module and of those it is made of. Closing twice is harmless. */
    @Override
    public void close() {
        if (closed) {
            return;
        }
        closed = true;
        children.values().forEach(Module::close);
        own.values().forEach(Parameter::close);
        packed.forEach(Parameter::close);
        constants.forEach(Parameter::close);
    }
}
