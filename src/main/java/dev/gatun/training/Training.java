package dev.gatun.training;

import dev.gatun.Generator;
import dev.gatun.Tensor;
import dev.gatun.data.Batches;
import dev.gatun.nn.Module;
import dev.gatun.optim.Optimizer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * The loop over epochs and batches: forward, backward, clip, step, validate, report.
 *
 * <pre>{@code
 * TrainingResult result = Training.of(model, optimizer)
 *         .epochs(30)
 *         .clipNorm(1.0)
 *         .validation(validation, batch -> loss(model, batch))
 *         .listeners(new EarlyStopping(5), new SaveBest(file))
 *         .run(batches, batch -> loss(model, batch));
 * }</pre>
 *
 * <p>Each step runs under a tape of its own, each batch of the validation in a scope of its own; the functions given make their
 * tensors there. Losses and gradients that are not finite end training with a {@link NotFiniteException} before they reach the parameters.
 *
 * <p>A thread that is interrupted ends training between two steps; listeners hear of it and may save a checkpoint. Without this
 * class the loop is the one that {@link Optimizer} shows.
 */
public final class Training {
    private final Module model;
    private final Optimizer optimizer;
    private final List<TrainingListener> listeners = new ArrayList<>();
    private final Map<String, Evaluation<?>> metrics = new LinkedHashMap<>();
    private @Nullable Evaluation<?> validation;
    private @Nullable Path resumed;
    private Generator generator = Generator.global();
    private int epochs = 1;
    private double largestNorm = Double.POSITIVE_INFINITY;
    private double largestValue = Double.POSITIVE_INFINITY;

    private Training(Module model, Optimizer optimizer) {
        this.model = model;
        this.optimizer = optimizer;
    }

    /** Training of a model's parameters, those that are not frozen, for one epoch unless more is said. */
    public static Training of(Module model, Optimizer optimizer) {
        return new Training(model, optimizer);
    }

    /** How many epochs there are, those before a resumption included. */
    public Training epochs(int number) {
        if (number < 1) {
            throw new IllegalArgumentException("training: epochs must be at least 1, was given " + number);
        }
        epochs = number;
        return this;
    }

    /** Scales gradients so that their global norm is at most this. */
    public Training clipNorm(double maximum) {
        largestNorm = positive("clipNorm", maximum);
        return this;
    }

    /** Limits every element of the gradients to [−maximum, maximum]; after {@link #clipNorm} where both are set. */
    public Training clipValue(double maximum) {
        largestValue = positive("clipValue", maximum);
        return this;
    }

    private static double positive(String name, double maximum) {
        if (!(maximum > 0)) {
            throw new IllegalArgumentException("training: " + name + " must be positive, was given " + maximum);
        }
        return maximum;
    }

    /** Where dropout draws from; the global generator unless another is given. */
    public Training generator(Generator source) {
        generator = source;
        return this;
    }

    /** What the loss is computed on after every epoch. */
    public <E> Training validation(Batches<E> batches, Function<List<E>, Tensor> loss) {
        validation = evaluation(batches, batch -> loss.apply(batch).item());
        return this;
    }

    /** Something else that is measured after every epoch: the mean over examples of what the function finds for each batch. */
    public <E> Training metric(String name, Batches<E> batches, ToDoubleFunction<List<E>> measure) {
        if (metrics.put(name, evaluation(batches, measure)) != null) {
            throw new IllegalArgumentException("training: the metric '" + name + "' was given twice");
        }
        return this;
    }

    private static <E> Evaluation<E> evaluation(Batches<E> batches, ToDoubleFunction<List<E>> measure) {
        if (batches.count() == 0) {
            throw new IllegalArgumentException("training: there is nothing to validate on");
        }
        return new Evaluation<>(batches, measure);
    }

    /** Who hears how it goes, in this order. */
    public Training listeners(TrainingListener... added) {
        Collections.addAll(listeners, added);
        return this;
    }

    /** Goes on where the training stood that {@link TrainingRun#save} saved there. */
    public Training resume(Path checkpoint) {
        resumed = checkpoint;
        return this;
    }

    /**
     * Trains, and returns when all epochs were run, a listener has stopped it, or the thread was interrupted.
     *
     * @param loss one number for a batch, computed from the model's parameters; a mean over the batch's examples
     */
    public <E> TrainingResult run(Batches<E> batches, Function<List<E>, Tensor> loss) {
        if (batches.count() == 0) {
            throw new IllegalArgumentException("training: there are no batches");
        }
        TrainingRun run = new TrainingRun(this);
        if (resumed != null) {
            run.restore(resumed);
        }
        return run.train(batches, loss);
    }

    Module model() {
        return model;
    }

    Optimizer optimizer() {
        return optimizer;
    }

    Generator generator() {
        return generator;
    }

    int epochs() {
        return epochs;
    }

    double largestNorm() {
        return largestNorm;
    }

    double largestValue() {
        return largestValue;
    }

    List<TrainingListener> listeners() {
        return listeners;
    }

    @Nullable
    Evaluation<?> validation() {
        return validation;
    }

    Map<String, Evaluation<?>> metrics() {
        return metrics;
    }
}
