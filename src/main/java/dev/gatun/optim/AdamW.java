package dev.gatun.optim;

import dev.gatun.Parameter;
import java.util.Collection;
import java.util.List;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as PyTorch's {@code AdamW}: as {@link Adam}, but the decay shrinks
 * the parameter itself, p −= rate · λp, and stays out of the gradient and its means.
 */
public final class AdamW extends Adam {
    /** PyTorch's defaults at a learning rate: β 0.9 and 0.999, ε 1e-8, weight decay 0.01. */
    public static Config config(double learningRate) {
        return Adam.config(learningRate).weightDecay(0.01);
    }

    /** An optimiser of parameters. */
    public AdamW(Config config, Collection<Parameter> parameters) {
        super(config, true, List.of(ParameterGroup.of(parameters)));
    }

    /** An optimiser of groups of parameters. */
    public AdamW(Config config, ParameterGroup... groups) {
        super(config, true, List.of(groups));
    }
}
