package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Generator;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.nn.Embedding;
import dev.gatun.nn.LSTM;
import dev.gatun.nn.Linear;
import dev.gatun.nn.Losses;
import dev.gatun.nn.Module;
import dev.gatun.optim.Adam;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SplittableRandom;

/** A whole step of training a text classifier: embedding, bidirectional LSTM, linear layer, cross entropy, Adam. */
final class ClassifierStep implements Step {
    private static final int CLASSES = 4;

    private static final class Classifier extends Module {
        private final Embedding embedding;
        private final LSTM lstm;
        private final Linear head;

        Classifier(Device device, int vocabulary, int size) {
            Generator generator = Generator.seeded(1);
            embedding = register("embedding", new Embedding(Embedding.config(vocabulary, size), device, generator));
            lstm = register("lstm", new LSTM(LSTM.config(size, size).bidirectional(), device, generator));
            head = register("head", new Linear(Linear.config(2 * size, CLASSES), device, generator));
        }

        Tensor forward(Tensor tokens) {
            return head.forward(lstm.forward(embedding.forward(tokens)).last());
        }
    }

    private final Classifier model;
    private final Adam optimizer;
    private final Scope scope = Scope.open();
    private final Tensor tokens;
    private final Tensor labels;

    ClassifierStep(Device device, int vocabulary, int size, int batch, int steps) {
        model = new Classifier(device, vocabulary, size);
        optimizer = new Adam(Adam.config(1e-3), model.parameters());
        SplittableRandom random = new SplittableRandom(1);
        tokens = Tensor.of(
                device, random.longs((long) batch * steps, 0, vocabulary).toArray(), batch, steps);
        labels = Tensor.of(device, random.longs(batch, 0, CLASSES).toArray(), batch);
    }

    private Tensor loss() {
        return Losses.crossEntropy(model.forward(tokens), labels);
    }

    @Override
    public void run(Pass pass) {
        try (Tape tape = Tape.record()) {
            optimizer.step(tape.gradients(loss(), model.parameters()));
        }
    }

    @Override
    public Map<String, Tensor> results() {
        Map<String, Tensor> all = new LinkedHashMap<>();
        SequencedMap<String, ? extends Tensor> named = model.namedParameters();
        named.forEach((name, parameter) -> all.put("parameter." + name, parameter));
        all.put("input.tokens", tokens);
        all.put("input.labels", labels);
        try (Tape tape = Tape.record()) {
            Tensor loss = loss();
            all.put("output.loss", tape.keep(loss));
            var gradients = tape.gradients(loss, named.values());
            named.forEach((name, parameter) -> all.put("gradient." + name, tape.keep(gradients.of(parameter))));
        }
        return all;
    }

    @Override
    public void close() {
        scope.close();
        optimizer.close();
        model.close();
    }
}
