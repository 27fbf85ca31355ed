package dev.gatun.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Tape;
import dev.gatun.io.SafeTensors;
import dev.gatun.nn.Linear;
import dev.gatun.nn.ParameterMismatchException;
import dev.gatun.optim.Adam;
import dev.gatun.optim.Optimizer;
import dev.gatun.optim.SGD;
import dev.gatun.training.Echo.Example;
import dev.gatun.training.Echo.Model;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of loops that are written out. */
@ExtendWith(MemoryLeakExtension.class)
class CheckpointTest {
    private static final List<List<Example>> BATCHES = Echo.batches(40, 4).epoch(0);

    @TempDir
    Path folder;

    private static void train(Model model, Optimizer optimizer, Generator generator, int from, int to) {
        for (List<Example> batch : BATCHES.subList(from, to)) {
            try (Tape tape = Tape.record(generator)) {
                optimizer.step(tape.gradients(model.loss(batch), model.parameters()));
            }
        }
    }

    @Test
    void anExplicitLoopGoesOnAsIfItHadNeverStopped() {
        Path file = folder.resolve("checkpoint.safetensors");
        float[] whole;
        try (Model model = new Model(1);
                Optimizer optimizer = new Adam(Adam.config(0.01), model.parameters())) {
            Generator generator = Generator.seeded(3);
            train(model, optimizer, generator, 0, 4);
            new Checkpoint(model, optimizer, generator).save(file, Map.of("batch", "4", "", "empty name"));
            train(model, optimizer, generator, 4, 10);
            whole = model.namedParameters().get("lstm.weight_ih_l0").toFloats();
        }
        try (Model model = new Model(8);
                Optimizer optimizer = new Adam(Adam.config(0.01), model.parameters())) {
            Generator generator = Generator.seeded(4);
            Map<String, String> notes = new Checkpoint(model, optimizer, generator).restore(file);
            assertEquals(Map.of("batch", "4", "", "empty name"), notes);
            train(model, optimizer, generator, Integer.parseInt(notes.get("batch")), 10);
            assertArrayEquals(
                    whole, model.namedParameters().get("lstm.weight_ih_l0").toFloats());
        }
    }

    @Test
    void filesThatDoNotFitAreRefused() {
        Path saved = folder.resolve("checkpoint.safetensors");
        Path weights = folder.resolve("model.safetensors");
        Path broken = folder.resolve("broken.safetensors");
        try (Model model = new Model(1);
                Linear other = new Linear(2, 3, Echo.CPU);
                Optimizer adam = new Adam(Adam.config(0.01), model.parameters());
                Optimizer sgd = new SGD(SGD.config(0.01), model.parameters());
                Optimizer ofOther = new Adam(Adam.config(0.01), other.parameters())) {
            Checkpoint checkpoint = new Checkpoint(model, adam, Generator.seeded(1));
            checkpoint.save(saved, Map.of());
            model.save(weights);
            SafeTensors.write(broken, Map.of(), Map.of("format", "gatun-checkpoint-1", "generator.seed", "x"));
            refused(() -> checkpoint.restore(weights), "not a checkpoint: format pt, expected gatun-checkpoint-1");
            refused(() -> checkpoint.restore(broken), "generator.seed must be a number, was 'x'");
            refused(
                    () -> new Checkpoint(model, sgd, Generator.seeded(1)).restore(saved),
                    "SGD: the state does not fit");
            assertThrows(
                    ParameterMismatchException.class,
                    () -> new Checkpoint(other, ofOther, Generator.seeded(1)).restore(saved));
            Training training = Training.of(model, adam).resume(saved);
            refused(() -> training.run(Echo.batches(4, 4), model::loss), "not saved by a training run");
            checkpoint.save(saved, Map.of("training.epoch", "one"));
            refused(
                    () -> training.run(Echo.batches(4, 4), model::loss),
                    saved + ": what the training run noted is damaged: For input string: \"one\"");
        }
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
