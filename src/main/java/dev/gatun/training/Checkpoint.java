package dev.gatun.training;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.backend.RandomStream;
import dev.gatun.io.SafeTensors;
import dev.gatun.nn.Module;
import dev.gatun.optim.Optimizer;
import dev.gatun.optim.OptimizerState;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that training needs to go on another day as if it had never stopped, bit for bit: parameters, what the optimiser and its
 * schedule remember, where the generator stands, and notes of the caller's own. One safetensors file, there whole or not at all.
 *
 * <pre>{@code
 * Checkpoint checkpoint = new Checkpoint(model, optimizer, Generator.global());
 * checkpoint.save(file, Map.of("epoch", "3"));
 * int epoch = Integer.parseInt(checkpoint.restore(file).get("epoch"));
 * }</pre>
 *
 * @param model whose parameters are saved, frozen ones too
 * @param optimizer that trains it
 * @param generator that dropout draws from
 */
public record Checkpoint(Module model, Optimizer optimizer, Generator generator) {
    private static final String FORMAT = "format";
    private static final String VERSION = "gatun-checkpoint-1";
    private static final String MODEL = "model.";
    private static final String OPTIMIZER = "optimizer.";
    private static final String NOTE = "note.";
    private static final String SEED = "generator.seed";
    private static final String OFFSET = "generator.offset";

    /** Writes everything as it is now. */
    public void save(Path file, Map<String, String> notes) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        Map<String, String> values = new LinkedHashMap<>();
        OptimizerState state = optimizer.state();
        RandomStream position = generator.position();
        model.namedParameters().forEach((name, parameter) -> tensors.put(MODEL + name, parameter));
        state.tensors().forEach((name, tensor) -> tensors.put(OPTIMIZER + name, tensor));
        values.put(FORMAT, VERSION);
        values.put(SEED, Long.toString(position.seed()));
        values.put(OFFSET, Long.toString(position.offset()));
        state.values().forEach((name, value) -> values.put(OPTIMIZER + name, value));
        notes.forEach((name, value) -> values.put(NOTE + name, value));
        SafeTensors.write(file, tensors, values);
    }

    /**
     * Puts everything back as it was and returns the notes. Parameters come first, then the optimiser, each whole or not at all: if the
     * optimiser is refused, the parameters are those of the file.
     *
     * @throws IllegalArgumentException if the file is no checkpoint, or one of another optimiser
     * @throws dev.gatun.nn.ParameterMismatchException if the file is one of another model
     */
    public Map<String, String> restore(Path file) {
        try (SafeTensors source = SafeTensors.open(file)) {
            Map<String, String> values = source.metadata();
            if (!VERSION.equals(values.get(FORMAT))) {
                throw new IllegalArgumentException(file + ": not a checkpoint: format " + values.get(FORMAT)
                        + ", expected " + VERSION + "; model.load(file) reads files that hold parameters alone");
            }
            RandomStream position = new RandomStream(number(file, values, SEED), number(file, values, OFFSET));
            model.load(new PrefixedSource(source, MODEL));
            restoreOptimizer(source);
            generator.restore(position);
            return under(NOTE, values);
        }
    }

    private void restoreOptimizer(SafeTensors source) {
        try (Scope _ = Scope.open()) {
            PrefixedSource own = new PrefixedSource(source, OPTIMIZER);
            Map<String, Tensor> tensors = new LinkedHashMap<>();
            for (String name : own.names()) {
                tensors.put(name, own.read(name, Device.cpu()));
            }
            optimizer.restore(new OptimizerState(tensors, under(OPTIMIZER, source.metadata())));
        }
    }

    private static long number(Path file, Map<String, String> values, String name) {
        String text = values.getOrDefault(name, "");
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException(file + ": " + name + " must be a number, was '" + text + "'", malformed);
        }
    }

    private static Map<String, String> under(String prefix, Map<String, String> values) {
        Map<String, String> own = new LinkedHashMap<>();
        values.forEach((name, value) -> {
            if (name.startsWith(prefix)) {
                own.put(name.substring(prefix.length()), value);
            }
        });
        return own;
    }
}
