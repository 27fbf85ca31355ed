package dev.gatun.optim;

import dev.gatun.Parameter;
import dev.gatun.backend.OptimizerOps.RmsPropStep;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * RMSProp (Tieleman and Hinton 2012), as PyTorch's {@code RMSprop}: g′ = g + λp, s = αs + (1 − α) g′², u = g′ / (√s + ε),
 * m = μm + u, p −= rate · m. Centered (Graves 2013), the square of the mean gradient is taken off s under the root.
 */
public final class RMSProp extends Optimizer {
    private static final String MEAN_SQUARE = "meanSquare";
    private static final String MEAN = "mean";
    private static final String MOMENTUM = "momentum";

    /**
     * Settings.
     *
     * @param learningRate of groups that have none of their own
     * @param decay α, the decay of the mean square
     * @param epsilon ε, added to the root
     * @param momentum μ, 0 for none
     * @param centered whether the variance stands under the root instead of the mean square
     * @param weightDecay λ of groups that have none of their own
     * @param schedule the factor on all learning rates by step
     */
    public record Config(
            double learningRate,
            double decay,
            double epsilon,
            double momentum,
            boolean centered,
            double weightDecay,
            Schedule schedule) {
        /** Checks the settings. */
        public Config {
            Settings.rate("RMSProp", learningRate);
            Settings.share("RMSProp", "decay", decay);
            Settings.atLeastZero("RMSProp", "epsilon", epsilon);
            Settings.atLeastZero("RMSProp", "momentum", momentum);
            Settings.atLeastZero("RMSProp", "weightDecay", weightDecay);
        }

        /** The same with a decay α of the mean square. */
        public Config decay(double decay) {
            return new Config(learningRate, decay, epsilon, momentum, centered, weightDecay, schedule);
        }

        /** The same with an ε. */
        public Config epsilon(double epsilon) {
            return new Config(learningRate, decay, epsilon, momentum, centered, weightDecay, schedule);
        }

        /** The same with a momentum μ. */
        public Config momentum(double momentum) {
            return new Config(learningRate, decay, epsilon, momentum, centered, weightDecay, schedule);
        }

        /** The same, dividing by the gradient's deviation or not. */
        public Config centered(boolean centered) {
            return new Config(learningRate, decay, epsilon, momentum, centered, weightDecay, schedule);
        }

        /** The same with a weight decay λ. */
        public Config weightDecay(double weightDecay) {
            return new Config(learningRate, decay, epsilon, momentum, centered, weightDecay, schedule);
        }

        /** The same with a schedule. */
        public Config schedule(Schedule schedule) {
            return new Config(learningRate, decay, epsilon, momentum, centered, weightDecay, schedule);
        }
    }

    private final Config config;

    /** PyTorch's defaults at a learning rate: α 0.99, ε 1e-8. */
    public static Config config(double learningRate) {
        return new Config(learningRate, 0.99, 1e-8, 0, false, 0, Schedule.constant());
    }

    /** An optimiser of parameters. */
    public RMSProp(Config config, Collection<Parameter> parameters) {
        this(config, List.of(ParameterGroup.of(parameters)));
    }

    /** An optimiser of groups of parameters. */
    public RMSProp(Config config, ParameterGroup... groups) {
        this(config, List.of(groups));
    }

    private RMSProp(Config config, List<ParameterGroup> groups) {
        super(new Defaults(config.learningRate(), config.weightDecay(), config.schedule()), stateNames(config), groups);
        this.config = config;
    }

    private static List<String> stateNames(Config config) {
        List<String> names = new ArrayList<>(List.of(MEAN_SQUARE));
        if (config.centered()) {
            names.add(MEAN);
        }
        if (config.momentum() != 0) {
            names.add(MOMENTUM);
        }
        return names;
    }

    @Override
    void update(Batch batch) {
        RmsPropStep settings = new RmsPropStep(
                batch.rate(),
                config.decay(),
                config.epsilon(),
                batch.weightDecay(),
                config.momentum(),
                config.centered());
        batch.ops()
                .rmsProp(
                        settings,
                        batch.parameters(),
                        batch.gradients(),
                        batch.state(MEAN_SQUARE),
                        batch.state(MEAN),
                        batch.state(MOMENTUM));
    }
}
