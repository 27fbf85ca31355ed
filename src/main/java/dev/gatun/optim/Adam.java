package dev.gatun.optim;

import dev.gatun.Parameter;
import dev.gatun.backend.OptimizerOps.AdamStep;
import java.util.Collection;
import java.util.List;

/**
 * Adam (Kingma and Ba 2015), as PyTorch's {@code Adam}: g′ = g + λp, m = β₁m + (1 − β₁) g′, s = β₂s + (1 − β₂) g′², and at step t
 * p −= rate / (1 − β₁ᵗ) · m / (√(s / (1 − β₂ᵗ)) + ε).
 */
public sealed class Adam extends Optimizer permits AdamW {
    private static final String MEAN = "mean";
    private static final String MEAN_SQUARE = "meanSquare";

    /**
     * Settings.
     *
     * @param learningRate of groups that have none of their own
     * @param beta1 β₁, the decay of the mean
     * @param beta2 β₂, the decay of the mean square
     * @param epsilon ε, added to the root
     * @param weightDecay λ of groups that have none of their own
     * @param schedule the factor on all learning rates by step
     */
    public record Config(
            double learningRate, double beta1, double beta2, double epsilon, double weightDecay, Schedule schedule) {
        /** Checks the settings. */
        public Config {
            Settings.rate("Adam", learningRate);
            Settings.share("Adam", "beta1", beta1);
            Settings.share("Adam", "beta2", beta2);
            Settings.atLeastZero("Adam", "epsilon", epsilon);
            Settings.atLeastZero("Adam", "weightDecay", weightDecay);
        }

        /** The same with decays β₁ of the mean and β₂ of the mean square. */
        public Config betas(double beta1, double beta2) {
            return new Config(learningRate, beta1, beta2, epsilon, weightDecay, schedule);
        }

        /** The same with an ε. */
        public Config epsilon(double epsilon) {
            return new Config(learningRate, beta1, beta2, epsilon, weightDecay, schedule);
        }

        /** The same with a weight decay λ. */
        public Config weightDecay(double weightDecay) {
            return new Config(learningRate, beta1, beta2, epsilon, weightDecay, schedule);
        }

        /** The same with a schedule. */
        public Config schedule(Schedule schedule) {
            return new Config(learningRate, beta1, beta2, epsilon, weightDecay, schedule);
        }
    }

    private final Config config;
    private final boolean decoupled;

    /** PyTorch's defaults at a learning rate: β 0.9 and 0.999, ε 1e-8, no weight decay. */
    public static Config config(double learningRate) {
        return new Config(learningRate, 0.9, 0.999, 1e-8, 0, Schedule.constant());
    }

    /** An optimiser of parameters. */
    public Adam(Config config, Collection<Parameter> parameters) {
        this(config, false, List.of(ParameterGroup.of(parameters)));
    }

    /** An optimiser of groups of parameters. */
    public Adam(Config config, ParameterGroup... groups) {
        this(config, false, List.of(groups));
    }

    Adam(Config config, boolean decoupled, List<ParameterGroup> groups) {
        super(
                new Defaults(config.learningRate(), config.weightDecay(), config.schedule()),
                List.of(MEAN, MEAN_SQUARE),
                groups);
        this.config = config;
        this.decoupled = decoupled;
    }

    @Override
    void update(Batch batch) {
        AdamStep settings = new AdamStep(
                batch.rate(),
                config.beta1(),
                config.beta2(),
                config.epsilon(),
                batch.weightDecay(),
                decoupled,
                batch.step());
        batch.ops().adam(settings, batch.parameters(), batch.gradients(), batch.state(MEAN), batch.state(MEAN_SQUARE));
    }
}
