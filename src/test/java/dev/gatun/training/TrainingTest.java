package dev.gatun.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Generator;
import dev.gatun.Gradients;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.data.Batches;
import dev.gatun.optim.Adam;
import dev.gatun.optim.Optimizer;
import dev.gatun.optim.SGD;
import dev.gatun.optim.Schedule;
import dev.gatun.training.Echo.Example;
import dev.gatun.training.Echo.Model;
import dev.gatun.training.TrainingResult.End;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(MemoryLeakExtension.class)
class TrainingTest {
    private static final Batches<Example> BATCHES = Echo.batches(50, 8);
    private static final Batches<Example> VALIDATION = Batches.of(Echo.examples(20, 2), 6);

    @TempDir
    Path folder;

    private static Optimizer adam(Model model) {
        return new Adam(Adam.config(0.02).schedule(Schedule.cosine(40).afterWarmUp(5)), model.parameters());
    }

    /** A model trained in one way, and what is left of it. */
    private static float[] trained(Model model, Optimizer optimizer, Consumer<Training> more) {
        Training training = Training.of(model, optimizer)
                .epochs(3)
                .clipNorm(1)
                .generator(Generator.seeded(9))
                .validation(VALIDATION, model::loss);
        more.accept(training);
        training.run(BATCHES, model::loss);
        return weights(model);
    }

    private static float[] weights(Model model) {
        int size = Math.toIntExact(model.parameterCount());
        float[] all = new float[size];
        int at = 0;
        for (Tensor parameter : model.namedParameters().values()) {
            float[] values = parameter.toFloats();
            System.arraycopy(values, 0, all, at, values.length);
            at += values.length;
        }
        assertEquals(size, at);
        return all;
    }

    @Test
    void aModelLearnsAndListenersHearHow() {
        List<StepReport> steps = new ArrayList<>();
        List<EpochReport> epochs = new ArrayList<>();
        List<Double> norms = new ArrayList<>();
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            TrainingResult result = Training.of(model, optimizer)
                    .epochs(6)
                    .generator(Generator.seeded(9))
                    .validation(VALIDATION, model::loss)
                    .metric("answers", VALIDATION, batch -> batch.getFirst().answer())
                    .listeners(TrainingListener.afterStep(steps::add), TrainingListener.afterEpoch(epochs::add))
                    .listeners(new TrainingListener() {
                        @Override
                        public void differentiated(TrainingRun run, Gradients gradients) {
                            assertEquals(
                                    model.parameters().size(), gradients.norms().size());
                            norms.add(gradients.norm());
                        }
                    })
                    .run(BATCHES, model::loss);
            assertEquals(End.COMPLETED, result.end());
            assertEquals(42, result.steps());
            assertEquals(epochs, result.epochs());
        }
        assertEquals(42, steps.size());
        StepReport tenth = steps.get(9);
        int samples = BATCHES.epoch(1).get(2).size();
        assertEquals(
                List.of(2, 3, 7, samples), List.of(tenth.epoch(), tenth.batch(), tenth.batches(), tenth.samples()));
        assertEquals(10, tenth.step());
        assertEquals(norms.get(9), tenth.gradientNorm());
        assertEquals(0.02 * 2 / 5, steps.get(1).learningRate(), 1e-12);
        assertTrue(tenth.samplesPerSecond() > 0);
        EpochReport last = epochs.getLast();
        assertEquals(List.of(6, 6), List.of(last.epoch(), last.epochs()));
        assertEquals(42, last.steps());
        assertTrue(last.score() < epochs.getFirst().score() / 2, epochs.toString());
        double mean = steps.subList(35, 42).stream()
                        .mapToDouble(step -> step.loss() * step.samples())
                        .sum()
                / 50;
        assertEquals(mean, last.loss(), 1e-12);
        List<Example> validated = VALIDATION.examples();
        double answers = (6
                                * (validated.get(0).answer()
                                        + validated.get(6).answer()
                                        + validated.get(12).answer())
                        + 2 * validated.get(18).answer())
                / 20;
        assertEquals(answers, last.metrics().get("answers"), 1e-6);
    }

    @Test
    void theValidationIsTheLossWithoutDropout() {
        List<EpochReport> epochs = new ArrayList<>();
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            trained(model, optimizer, training -> training.listeners(TrainingListener.afterEpoch(epochs::add)));
            double sum = 0;
            for (List<Example> batch : VALIDATION.epoch(0)) {
                try (var _ = Scope.open()) {
                    sum += model.loss(batch).item() * batch.size();
                }
            }
            assertEquals(sum / 20, epochs.getLast().validationLoss().orElseThrow(), 1e-9);
        }
    }

    @Test
    void stoppingAnywhereAndResumingChangesNoBit() {
        float[] uninterrupted;
        List<EpochReport> whole = new ArrayList<>();
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            uninterrupted =
                    trained(model, optimizer, training -> training.listeners(TrainingListener.afterEpoch(whole::add)));
        }
        for (int stop = 1; stop < 21; stop += 6) {
            Path file = folder.resolve("stopped-" + stop + ".safetensors");
            try (Model model = new Model(1);
                    Optimizer optimizer = adam(model)) {
                long at = stop;
                trained(model, optimizer, training -> training.listeners(stopping(at, file)));
                assertEquals(stop, optimizer.steps());
            }
            List<EpochReport> rest = new ArrayList<>();
            try (Model model = new Model(77);
                    Optimizer optimizer = adam(model)) {
                float[] resumed = trained(
                        model,
                        optimizer,
                        training -> training.generator(Generator.seeded(0))
                                .resume(file)
                                .listeners(TrainingListener.afterEpoch(rest::add)));
                assertArrayEquals(uninterrupted, resumed, "stopped after step " + stop);
            }
            for (EpochReport report : rest) {
                EpochReport expected = whole.get(report.epoch() - 1);
                assertEquals(expected.loss(), report.loss(), "epoch " + report.epoch());
                assertEquals(expected.validationLoss(), report.validationLoss(), "epoch " + report.epoch());
                assertEquals(expected.learningRate(), report.learningRate(), "epoch " + report.epoch());
            }
        }
    }

    private static TrainingListener stopping(long step, Path file) {
        return new TrainingListener() {
            @Override
            public void stepEnded(TrainingRun run, StepReport report) {
                if (report.step() == step) {
                    run.save(file);
                    run.stop("enough");
                }
            }
        };
    }

    @Test
    void anInterruptedTrainingEndsCleanlyAndCanBeResumed() {
        Path file = folder.resolve("interrupted.safetensors");
        float[] uninterrupted;
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            uninterrupted = trained(model, optimizer, training -> {});
        }
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            TrainingListener interrupting = TrainingListener.afterStep(report -> {
                if (report.step() == 10) {
                    Thread.currentThread().interrupt();
                }
            });
            TrainingResult result = Training.of(model, optimizer)
                    .epochs(3)
                    .clipNorm(1)
                    .generator(Generator.seeded(9))
                    .listeners(interrupting, new SaveCheckpoint(file, 100))
                    .run(BATCHES, model::loss);
            assertTrue(Thread.interrupted(), "the thread is marked as interrupted still");
            assertEquals(End.INTERRUPTED, result.end());
            assertEquals("the thread was interrupted", result.reason());
            assertEquals(10, result.steps());
        }
        try (Model model = new Model(2);
                Optimizer optimizer = adam(model)) {
            float[] resumed = trained(model, optimizer, training -> training.resume(file));
            assertArrayEquals(uninterrupted, resumed);
        }
    }

    @Test
    void anInterruptionWhileAFileIsWrittenWritesItAgain() {
        Path file = folder.resolve("again.safetensors");
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            TrainingListener interrupting = new TrainingListener() {
                @Override
                public void epochEnded(TrainingRun run, EpochReport report) {
                    run.save(file);
                    Thread.currentThread().interrupt();
                }
            };
            TrainingResult result = Training.of(model, optimizer)
                    .epochs(3)
                    .listeners(interrupting)
                    .run(BATCHES, model::loss);
            assertTrue(Thread.interrupted());
            assertEquals(End.INTERRUPTED, result.end());
            assertEquals(1, result.epochs().size());
            assertTrue(Files.exists(file));
        }
    }

    @Test
    void trainingStopsWhenNothingImproves() {
        double[] losses = {3, 2, 2.5, 1.95, 1.96, 1.97, 0};
        List<EpochReport> epochs = new ArrayList<>();
        try (Model model = new Model(1);
                Optimizer optimizer = new SGD(SGD.config(0), model.parameters())) {
            TrainingResult result = Training.of(model, optimizer)
                    .epochs(7)
                    .metric("given", VALIDATION, batch -> losses[epochs.size()])
                    .listeners(
                            new EarlyStopping(3, 0.1, report -> report.metrics().get("given")),
                            TrainingListener.afterEpoch(epochs::add))
                    .run(BATCHES, model::loss);
            assertEquals(End.STOPPED, result.end());
            assertEquals("no improvement for 3 epochs, best 2.0", result.reason());
            assertEquals(5, epochs.size());
        }
    }

    @Test
    void whatEarlyStoppingHasSeenIsPartOfACheckpoint() {
        Path file = folder.resolve("patience.safetensors");
        double[] losses = {1, 2, 3, 4, 5, 6, 7};
        for (int run = 0; run < 2; run++) {
            List<EpochReport> epochs = new ArrayList<>();
            int before = 2 * run;
            try (Model model = new Model(1);
                    Optimizer optimizer = new SGD(SGD.config(0), model.parameters())) {
                Training training = Training.of(model, optimizer)
                        .epochs(run == 0 ? 2 : 7)
                        .metric("given", VALIDATION, batch -> losses[before + epochs.size()])
                        .listeners(
                                new SaveCheckpoint(file),
                                new EarlyStopping(
                                        3, 0, report -> report.metrics().get("given")),
                                TrainingListener.afterEpoch(epochs::add));
                TrainingResult result = (run == 0 ? training : training.resume(file)).run(BATCHES, model::loss);
                assertEquals(run == 0 ? End.COMPLETED : End.STOPPED, result.end());
                assertEquals(2, epochs.size());
                assertEquals(before + 2, epochs.getLast().epoch());
            }
        }
    }

    @Test
    void theBestModelIsSavedAndComesBack() {
        Path file = folder.resolve("best.safetensors");
        double[] losses = {3, 1, 2, 4};
        List<float[]> after = new ArrayList<>();
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model);
                Model loaded = new Model(2)) {
            Training.of(model, optimizer)
                    .epochs(4)
                    .metric("given", VALIDATION, batch -> losses[after.size()])
                    .listeners(
                            new SaveBest(file, report -> report.metrics().get("given")),
                            TrainingListener.afterEpoch(report -> after.add(weights(model))))
                    .run(BATCHES, model::loss);
            loaded.load(file);
            assertArrayEquals(after.get(1), weights(model));
            assertArrayEquals(after.get(1), weights(loaded));
        }
    }

    @Test
    void lossesThatAreNoNumbersDoNotReachTheParameters() {
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            float[] before = weights(model);
            Training training = Training.of(model, optimizer);
            String message = assertThrows(
                            NotFiniteException.class,
                            () -> training.run(
                                    BATCHES, batch -> model.loss(batch).multiply(Double.NaN)))
                    .getMessage();
            assertTrue(message.startsWith("training: the loss is NaN in epoch 1, batch 1; look"), message);
            String steep = assertThrows(
                            NotFiniteException.class,
                            () -> training.run(
                                    BATCHES,
                                    batch -> model.loss(batch)
                                            .multiply(1e-30)
                                            .sqrt()
                                            .multiply(0)
                                            .add(infiniteSlope(model))))
                    .getMessage();
            assertTrue(steep.contains("norm of the gradients is NaN"), steep);
            assertArrayEquals(before, weights(model));
        }
    }

    /** 0, with an infinite derivative. */
    private static Tensor infiniteSlope(Model model) {
        return model.parameters().getFirst().multiply(0).sum().sqrt();
    }

    @Test
    void gradientsAreClipped() {
        try (Model model = new Model(1);
                Optimizer optimizer = new SGD(SGD.config(1), model.parameters())) {
            float[] before = weights(model);
            List<Double> norms = new ArrayList<>();
            Training.of(model, optimizer)
                    .clipNorm(0.25)
                    .clipValue(0.01)
                    .listeners(TrainingListener.afterStep(report -> norms.add(report.gradientNorm())), stopAfterOne())
                    .run(BATCHES, batch -> model.loss(batch).multiply(100));
            assertTrue(norms.getFirst() > 1, norms.toString());
            float[] after = weights(model);
            double largest = 0;
            for (int i = 0; i < after.length; i++) {
                largest = Math.max(largest, Math.abs(after[i] - before[i]));
            }
            assertEquals(0.01, largest, 1e-6);
        }
    }

    private static TrainingListener stopAfterOne() {
        return new TrainingListener() {
            @Override
            public void stepEnded(TrainingRun run, StepReport report) {
                run.stop("one step");
            }
        };
    }

    @Test
    void impossibleSettingsAreRefused() {
        try (Model model = new Model(1);
                Optimizer optimizer = adam(model)) {
            Training training = Training.of(model, optimizer);
            refused(() -> training.epochs(0), "training: epochs must be at least 1, was given 0");
            refused(() -> training.clipNorm(0), "training: clipNorm must be positive, was given 0.0");
            refused(() -> training.clipValue(-1), "training: clipValue must be positive");
            refused(() -> training.run(Batches.of(List.of(), 1), batch -> Tensor.zeros(Echo.CPU)), "no batches");
            refused(() -> training.validation(Batches.of(List.of(), 1), batch -> Tensor.zeros(Echo.CPU)), "nothing");
            training.metric("m", VALIDATION, batch -> 0);
            refused(() -> training.metric("m", VALIDATION, batch -> 0), "the metric 'm' was given twice");
            refused(() -> new EarlyStopping(0), "patience must be at least 1");
            refused(() -> new SaveCheckpoint(folder, 0), "epochs must be at least 1");
        }
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
