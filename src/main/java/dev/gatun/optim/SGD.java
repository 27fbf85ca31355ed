package dev.gatun.optim;

import dev.gatun.Parameter;
import dev.gatun.backend.OptimizerOps.SgdStep;
import java.util.Collection;
import java.util.List;

/**
 * Stochastic gradient descent with momentum, as PyTorch's {@code SGD}: g′ = g + λp, m = μm + (1 − dampening) g′ (g′ at the first step),
 * p −= rate · m, or with Nesterov's momentum (Sutskever et al. 2013) p −= rate · (g′ + μm).
 */
public final class SGD extends Optimizer {
    private static final String MOMENTUM = "momentum";

    /**
     * Settings.
     *
     * @param learningRate of groups that have none of their own
     * @param momentum μ, 0 for none
     * @param dampening share of the gradient kept out of the momentum
     * @param nesterov Nesterov's momentum; needs a momentum and no dampening
     * @param weightDecay λ of groups that have none of their own
     * @param schedule the factor on all learning rates by step
     */
    public record Config(
            double learningRate,
            double momentum,
            double dampening,
            boolean nesterov,
            double weightDecay,
            Schedule schedule) {
        /** Checks the settings. */
        public Config {
            Settings.rate("SGD", learningRate);
            Settings.atLeastZero("SGD", "momentum", momentum);
            Settings.demand(dampening >= 0 && dampening <= 1, "SGD", "dampening", "from 0 to 1", dampening);
            Settings.atLeastZero("SGD", "weightDecay", weightDecay);
            if (nesterov && (momentum == 0 || dampening != 0)) {
                throw new IllegalArgumentException(
                        "SGD: Nesterov's momentum needs a momentum and no dampening, was given " + momentum + " and "
                                + dampening);
            }
        }

        /** The same with a momentum μ. */
        public Config momentum(double momentum) {
            return new Config(learningRate, momentum, dampening, nesterov, weightDecay, schedule);
        }

        /** The same with a share of the gradient kept out of the momentum. */
        public Config dampening(double dampening) {
            return new Config(learningRate, momentum, dampening, nesterov, weightDecay, schedule);
        }

        /** The same with Nesterov's momentum μ. */
        public Config nesterov(double momentum) {
            return new Config(learningRate, momentum, dampening, true, weightDecay, schedule);
        }

        /** The same with a weight decay λ. */
        public Config weightDecay(double weightDecay) {
            return new Config(learningRate, momentum, dampening, nesterov, weightDecay, schedule);
        }

        /** The same with a schedule. */
        public Config schedule(Schedule schedule) {
            return new Config(learningRate, momentum, dampening, nesterov, weightDecay, schedule);
        }
    }

    private final Config config;

    /** Plain descent at a learning rate. */
    public static Config config(double learningRate) {
        return new Config(learningRate, 0, 0, false, 0, Schedule.constant());
    }

    /** An optimiser of parameters. */
    public SGD(Config config, Collection<Parameter> parameters) {
        this(config, List.of(ParameterGroup.of(parameters)));
    }

    /** An optimiser of groups of parameters. */
    public SGD(Config config, ParameterGroup... groups) {
        this(config, List.of(groups));
    }

    private SGD(Config config, List<ParameterGroup> groups) {
        super(
                new Defaults(config.learningRate(), config.weightDecay(), config.schedule()),
                config.momentum() == 0 ? List.of() : List.of(MOMENTUM),
                groups);
        this.config = config;
    }

    @Override
    void update(Batch batch) {
        SgdStep settings = new SgdStep(
                batch.rate(),
                config.momentum(),
                config.dampening(),
                batch.weightDecay(),
                config.nesterov(),
                batch.step() == 1);
        batch.ops().sgd(settings, batch.parameters(), batch.gradients(), batch.state(MOMENTUM));
    }
}
