package dev.gatun.optim;

import java.util.Map;

/**
 * A factor on the learning rate for each step of an optimiser, counted from 0; an optimiser's own count of steps is the position, so
 * most schedules remember nothing. Where PyTorch steps a scheduler once an epoch, write {@code schedule.every(stepsPerEpoch)}.
 */
@FunctionalInterface
public interface Schedule {
    /** The factor on the learning rate at a step. */
    double factor(long step);

    /** What this schedule remembers, beside the step; nothing unless it says otherwise. */
    default Map<String, String> state() {
        return Map.of();
    }

    /**
     * Continues from what {@link #state} gave.
     *
     * @throws IllegalArgumentException if the state is another schedule's; nothing is changed then
     */
    default void restore(Map<String, String> state) {
        if (!state.isEmpty()) {
            throw new IllegalArgumentException("schedule: remembers nothing, was given " + state.keySet());
        }
    }

    /** Always 1. */
    static Schedule constant() {
        return step -> 1;
    }

    /** From 1 / steps up to 1 in so many steps, then 1: min(1, (t + 1) / steps). */
    static Schedule warmUp(long steps) {
        Settings.atLeastOne("warmUp", "steps", steps);
        return step -> Math.min(1, (step + 1.0) / steps);
    }

    /** From one factor to another in so many steps, then the other: PyTorch's {@code LinearLR}. */
    static Schedule linear(double start, double end, long steps) {
        Settings.atLeastOne("linear", "steps", steps);
        return step -> start + (end - start) * Math.min(step, steps) / steps;
    }

    /**
     * Half a cosine from 1 to a minimum in so many steps, then the minimum (Loshchilov and Hutter 2017, without restarts):
     * minimum + (1 − minimum) (1 + cos(πt / steps)) / 2.
     */
    static Schedule cosine(long steps, double minimum) {
        Settings.atLeastOne("cosine", "steps", steps);
        Settings.atLeastZero("cosine", "minimum", minimum);
        return step -> minimum + (1 - minimum) * (1 + Math.cos(Math.PI * Math.min(step, steps) / steps)) / 2;
    }

    /** Half a cosine from 1 to 0 in so many steps, then 0. */
    static Schedule cosine(long steps) {
        return cosine(steps, 0);
    }

    /** Multiplied by γ every so many steps: γ^⌊t / size⌋. */
    static Schedule step(long size, double gamma) {
        Settings.atLeastOne("step", "size", size);
        Settings.atLeastZero("step", "gamma", gamma);
        return step -> {
            long times = step / size;
            return Math.pow(gamma, (double) times);
        };
    }

    /** Multiplied by γ at every step: γᵗ. */
    static Schedule exponential(double gamma) {
        return step(1, gamma);
    }

    /**
     * Up linearly to 1 in so many steps, then down with the inverse square root (Vaswani et al. 2017):
     * min((t + 1) / warmUp, √(warmUp / (t + 1))). The paper's rate is this with the learning rate 1 / √(modelSize · warmUp).
     */
    static Schedule inverseSquareRoot(long warmUp) {
        Settings.atLeastOne("inverseSquareRoot", "warmUp", warmUp);
        return step -> Math.min((step + 1.0) / warmUp, Math.sqrt(warmUp / (step + 1.0)));
    }

    /** This schedule for so many steps, then another, which counts from 0. */
    default Schedule then(long steps, Schedule next) {
        return new ScheduleSequence(this, Settings.atLeastOne("then", "steps", steps), next);
    }

    /** This schedule after so many steps of {@link #warmUp}. */
    default Schedule afterWarmUp(long steps) {
        return warmUp(steps).then(steps, this);
    }

    /** This schedule moving on once in so many steps of the optimiser, such as those of an epoch. */
    default Schedule every(long steps) {
        Schedule inner = this;
        Settings.atLeastOne("every", "steps", steps);
        return new Schedule() {
            @Override
            public double factor(long step) {
                return inner.factor(step / steps);
            }

            @Override
            public Map<String, String> state() {
                return inner.state();
            }

            @Override
            public void restore(Map<String, String> state) {
                inner.restore(state);
            }
        };
    }
}
