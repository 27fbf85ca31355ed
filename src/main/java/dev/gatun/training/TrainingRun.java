package dev.gatun.training;

import dev.gatun.Gradients;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.data.Batches;
import dev.gatun.nn.Module;
import dev.gatun.optim.Optimizer;
import dev.gatun.training.TrainingResult.End;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One run of a {@link Training}: what listeners can look at, stop and save. */
public final class TrainingRun {
    private static final String PROGRESS = "training.";

    private final Training training;
    private final Checkpoint checkpoint;
    private final Progress progress = new Progress();
    private final List<EpochReport> reports = new ArrayList<>();
    private final Set<Path> wanted = new LinkedHashSet<>();
    private @Nullable String stopReason;
    private boolean interrupted;

    TrainingRun(Training training) {
        this.training = training;
        this.checkpoint = new Checkpoint(training.model(), training.optimizer(), training.generator());
    }

    /** The model being trained. */
    public Module model() {
        return training.model();
    }

    /** The optimiser that trains it. */
    public Optimizer optimizer() {
        return training.optimizer();
    }

    /** How many epochs there will be at most. */
    public int epochs() {
        return training.epochs();
    }

    /** Ends training before the next step, for a reason in words. */
    public void stop(String reason) {
        if (stopReason == null) {
            stopReason = reason;
        }
    }

    /**
     * Has a checkpoint written that {@link Training#resume} takes, as soon as all listeners have heard of what this one hears of
     * now.
     */
    public void save(Path file) {
        wanted.add(file);
    }

    <E> TrainingResult train(Batches<E> batches, Function<List<E>, Tensor> loss) {
        tell(listener -> listener.started(this));
        while (progress.epoch() < training.epochs() && goesOn()) {
            List<List<E>> epoch = batches.epoch(progress.epoch());
            while (progress.batch() < epoch.size() && goesOn()) {
                step(epoch, loss);
            }
            if (goesOn()) {
                endEpoch();
            }
        }
        TrainingResult result = new TrainingResult(
                interrupted ? End.INTERRUPTED : stopReason == null ? End.COMPLETED : End.STOPPED,
                stopReason == null ? "all epochs were run" : stopReason,
                optimizer().steps(),
                List.copyOf(reports));
        tell(listener -> listener.finished(this, result));
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
        return result;
    }

    /** Takes an interruption off the thread, or files could not be written, until training has ended. */
    private boolean goesOn() {
        if (Thread.interrupted()) {
            interrupted = true;
            stop("the thread was interrupted");
        }
        return stopReason == null;
    }

    private <E> void step(List<List<E>> epoch, Function<List<E>, Tensor> loss) {
        long began = System.nanoTime();
        List<E> batch = epoch.get(progress.batch());
        double rate = optimizer().learningRate();
        double value;
        double norm;
        try (Tape tape = Tape.record(training.generator())) {
            Tensor computed = loss.apply(batch);
            value = finite("loss", computed.item());
            Gradients gradients = tape.gradients(computed, model().parameters());
            training.listeners().forEach(listener -> listener.differentiated(this, gradients));
            norm = clip(gradients);
            optimizer().step(gradients);
        }
        progress.step(value, batch.size(), System.nanoTime() - began);
        StepReport report = new StepReport(
                progress.epoch() + 1,
                progress.batch(),
                epoch.size(),
                optimizer().steps(),
                batch.size(),
                value,
                norm,
                rate,
                progress.examplesPerSecond());
        tell(listener -> listener.stepEnded(this, report));
    }

    private double clip(Gradients gradients) {
        double norm = finite("norm of the gradients", gradients.clipNorm(training.largestNorm()));
        if (training.largestValue() < Double.POSITIVE_INFINITY) {
            gradients.clipValue(training.largestValue());
        }
        return norm;
    }

    private double finite(String what, double value) {
        if (!Double.isFinite(value)) {
            throw new NotFiniteException("training: the " + what + " is " + value + " in epoch "
                    + (progress.epoch() + 1) + ", batch " + (progress.batch() + 1)
                    + "; look for such numbers in the data, lower the learning rate, or clip the gradients");
        }
        return value;
    }

    /** When interrupted before everything is measured, the epoch ends when training is resumed. */
    private void endEpoch() {
        OptionalDouble validated = OptionalDouble.empty();
        if (training.validation() != null) {
            validated = training.validation().mean(() -> !goesOn());
        }
        Map<String, Double> metrics = new LinkedHashMap<>();
        training.metrics()
                .forEach((name, metric) -> metric.mean(() -> !goesOn()).ifPresent(value -> metrics.put(name, value)));
        if (!goesOn()) {
            return;
        }
        double loss = progress.meanLoss();
        double pace = progress.examplesPerSecond();
        progress.nextEpoch();
        EpochReport report = new EpochReport(
                progress.epoch(),
                epochs(),
                optimizer().steps(),
                loss,
                validated,
                metrics,
                optimizer().learningRate(),
                pace);
        reports.add(report);
        tell(listener -> listener.epochEnded(this, report));
    }

    /** Checkpoints are written when every listener has heard the news, so that they hold what each then remembers. */
    private void tell(Consumer<TrainingListener> news) {
        training.listeners().forEach(news);
        for (Path file : List.copyOf(wanted)) {
            wanted.remove(file);
            write(() -> checkpoint.save(file, notes()));
        }
    }

    /** Writes a file; if an interruption cuts that off, takes note of it and writes again. */
    void write(Runnable writing) {
        try {
            writing.run();
        } catch (UncheckedIOException failed) {
            if (!(failed.getCause() instanceof ClosedByInterruptException) || goesOn()) {
                throw failed;
            }
            writing.run();
        }
    }

    private Map<String, String> notes() {
        Map<String, String> notes = new LinkedHashMap<>();
        progress.state().forEach((key, value) -> notes.put(PROGRESS + key, value));
        listenersByName()
                .forEach((name, listener) -> listener.state().forEach((key, value) -> notes.put(name + key, value)));
        return notes;
    }

    void restore(Path file) {
        Map<String, String> notes = checkpoint.restore(file);
        Map<String, String> saved = under(PROGRESS, notes);
        if (saved.isEmpty()) {
            throw new IllegalArgumentException(file + ": not saved by a training run; restore it with Checkpoint");
        }
        try {
            progress.restore(saved);
            listenersByName().forEach((name, listener) -> {
                Map<String, String> own = under(name, notes);
                if (!own.isEmpty()) {
                    listener.restore(own);
                }
            });
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException(
                    file + ": what the training run noted is damaged: " + malformed.getMessage(), malformed);
        }
    }

    /** Class and place among those of its class: others may come and go between two runs. */
    private Map<String, TrainingListener> listenersByName() {
        Map<String, TrainingListener> named = new LinkedHashMap<>();
        for (TrainingListener listener : training.listeners()) {
            String type = listener.getClass().getName();
            int place = 0;
            while (named.containsKey(type + "." + place + ".")) {
                place++;
            }
            named.put(type + "." + place + ".", listener);
        }
        return named;
    }

    private static Map<String, String> under(String prefix, Map<String, String> values) {
        Map<String, String> own = new LinkedHashMap<>();
        values.forEach((key, value) -> {
            if (key.startsWith(prefix)) {
                own.put(key.substring(prefix.length()), value);
            }
        });
        return own;
    }
}
