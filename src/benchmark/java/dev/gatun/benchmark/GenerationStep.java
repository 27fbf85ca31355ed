package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Module;
import dev.gatun.nn.RecurrentOutput;
import dev.gatun.nn.RecurrentState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** A language model that writes token after token, each the likeliest after the one before. */
final class GenerationStep implements Step {
    private static final class LanguageModel extends Module {
        private final Embedding embedding;
        private final LSTM lstm;
        private final Linear head;

        LanguageModel(Device device, int vocabulary, int size) {
            Generator generator = Generator.seeded(1);
            embedding = register("embedding", new Embedding(Embedding.config(vocabulary, size), device, generator));
            lstm = register("lstm", new LSTM(LSTM.config(size, size), device, generator));
            head = register("head", new Linear(Linear.config(size, vocabulary), device, generator));
        }

        RecurrentOutput forward(Tensor token, @Nullable RecurrentState state) {
            Tensor x = embedding.forward(token);
            return state == null ? lstm.forward(x) : lstm.forward(x, state);
        }
    }

    private final LanguageModel model;
    private final Scope scope = Scope.open();
    private final Tensor first;
    private final int tokens;

    GenerationStep(Device device, int vocabulary, int size, int tokens) {
        this.tokens = tokens;
        model = new LanguageModel(device, vocabulary, size);
        first = Tensor.of(device, new long[] {0}, 1, 1);
    }

    @Override
    public void run(Pass pass) {
        try (var _ = Scope.open()) {
            generate();
        }
    }

    /** The logits after the last token, in the innermost scope. */
    private Tensor generate() {
        RecurrentState state = null;
        Tensor logits = null;
        for (int i = 0; i < tokens; i++) {
            try (Scope step = Scope.open()) {
                Tensor token = logits == null ? first : logits.argMax().reshape(1, 1);
                RecurrentOutput out = model.forward(token, state);
                logits = step.replace(logits, model.head.forward(out.last()));
                state = step.replace(state, out.state());
            }
        }
        return Objects.requireNonNull(logits);
    }

    @Override
    public Map<String, Tensor> results() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        model.namedParameters().forEach((name, parameter) -> all.put("parameter." + name, parameter));
        all.put("input.first", first);
        all.put("output.logits", generate());
        return all;
    }

    @Override
    public void close() {
        scope.close();
        model.close();
    }
}
