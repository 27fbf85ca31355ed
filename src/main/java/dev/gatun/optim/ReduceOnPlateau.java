package dev.gatun.optim;

import java.util.Map;

/**
 * Multiplies the learning rate by a factor when a metric has stopped improving, as PyTorch's {@code ReduceLROnPlateau} does. Report the
 * metric once an epoch; what it has seen is part of the optimiser's state.
 *
 * <pre>{@code
 * var plateau = new ReduceOnPlateau(ReduceOnPlateau.config().factor(0.5).patience(3));
 * var optimizer = new Adam(Adam.config(1e-3).schedule(plateau), model.parameters());
 * … plateau.report(validationLoss);
 * }</pre>
 */
public final class ReduceOnPlateau implements Schedule {
    /** Which metrics are better. */
    public enum Goal {
        /** Smaller ones, such as losses. */
        MINIMIZE,
        /** Larger ones, such as accuracies. */
        MAXIMIZE
    }

    /** What an improvement is measured by. */
    public enum Threshold {
        /** A share of the best. */
        RELATIVE,
        /** A difference. */
        ABSOLUTE
    }

    /**
     * Settings.
     *
     * @param factor what the rate is multiplied by
     * @param patience reports without improvement that are borne; the next one reduces
     * @param improvement how much better than the best a report must be to count as improvement
     * @param threshold whether that is a share of the best or a difference
     * @param cooldown reports after a reduction that do not count
     * @param minimum the smallest factor on the optimiser's learning rate
     * @param goal which metrics are better
     */
    public record Config(
            double factor,
            int patience,
            double improvement,
            Threshold threshold,
            int cooldown,
            double minimum,
            Goal goal) {
        /** Checks the settings. */
        public Config {
            Settings.share("ReduceOnPlateau", "factor", factor);
            Settings.atLeastZero("ReduceOnPlateau", "patience", patience);
            Settings.atLeastZero("ReduceOnPlateau", "improvement", improvement);
            Settings.atLeastZero("ReduceOnPlateau", "cooldown", cooldown);
            Settings.demand(minimum >= 0 && minimum <= 1, "ReduceOnPlateau", "minimum", "from 0 to 1", minimum);
        }

        /** The same with a factor that the rate is multiplied by. */
        public Config factor(double factor) {
            return new Config(factor, patience, improvement, threshold, cooldown, minimum, goal);
        }

        /** The same with so many reports without improvement that are borne. */
        public Config patience(int patience) {
            return new Config(factor, patience, improvement, threshold, cooldown, minimum, goal);
        }

        /** The same, with improvements that must exceed a share of the best. */
        public Config relativeThreshold(double share) {
            return new Config(factor, patience, share, Threshold.RELATIVE, cooldown, minimum, goal);
        }

        /** The same, with improvements that must exceed a difference. */
        public Config absoluteThreshold(double difference) {
            return new Config(factor, patience, difference, Threshold.ABSOLUTE, cooldown, minimum, goal);
        }

        /** The same with so many reports after a reduction that do not count. */
        public Config cooldown(int cooldown) {
            return new Config(factor, patience, improvement, threshold, cooldown, minimum, goal);
        }

        /** The same with a smallest factor on the optimiser's learning rate. */
        public Config minimum(double minimum) {
            return new Config(factor, patience, improvement, threshold, cooldown, minimum, goal);
        }

        /** The same for metrics of which smaller or larger ones are better. */
        public Config goal(Goal goal) {
            return new Config(factor, patience, improvement, threshold, cooldown, minimum, goal);
        }
    }

    private final Config config;
    private double current = 1;
    private double best;
    private int waited;
    private int cooling;

    /** PyTorch's defaults: a tenth after 10 reports without an improvement of 0.01 %. */
    public static Config config() {
        return new Config(0.1, 10, 1e-4, Threshold.RELATIVE, 0, 0, Goal.MINIMIZE);
    }

    /** A schedule that has seen nothing yet. */
    public ReduceOnPlateau(Config config) {
        this.config = config;
        this.best = config.goal() == Goal.MAXIMIZE ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
    }

    /** Takes note of the metric; NaN is no improvement. */
    public void report(double metric) {
        if (improves(metric)) {
            best = metric;
            waited = 0;
        } else {
            waited++;
        }
        if (cooling > 0) {
            cooling--;
            waited = 0;
        }
        if (waited > config.patience()) {
            current = Math.max(current * config.factor(), config.minimum());
            cooling = config.cooldown();
            waited = 0;
        }
    }

    private boolean improves(double metric) {
        double toBetter = config.goal() == Goal.MAXIMIZE ? config.improvement() : -config.improvement();
        double bar = config.threshold() == Threshold.RELATIVE ? best * (1 + toBetter) : best + toBetter;
        return config.goal() == Goal.MAXIMIZE ? metric > bar : metric < bar;
    }

    @Override
    public double factor(long step) {
        return current;
    }

    @Override
    public Map<String, String> state() {
        return Map.of(
                "current", Double.toString(current),
                "best", Double.toString(best),
                "waited", Integer.toString(waited),
                "cooling", Integer.toString(cooling));
    }

    @Override
    public void restore(Map<String, String> state) {
        if (!state.keySet().equals(state().keySet())) {
            throw new IllegalArgumentException(
                    "ReduceOnPlateau: expected " + state().keySet() + ", was given " + state.keySet());
        }
        try {
            double factor = Double.parseDouble(state.getOrDefault("current", ""));
            double seen = Double.parseDouble(state.getOrDefault("best", ""));
            int bad = Integer.parseInt(state.getOrDefault("waited", ""));
            int left = Integer.parseInt(state.getOrDefault("cooling", ""));
            current = factor;
            best = seen;
            waited = bad;
            cooling = left;
        } catch (NumberFormatException malformed) {
            throw new IllegalArgumentException("ReduceOnPlateau: expected numbers, was given " + state, malformed);
        }
    }
}
