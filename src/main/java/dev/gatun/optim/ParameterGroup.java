package dev.gatun.optim;

import dev.gatun.Parameter;
import java.util.Collection;
import java.util.List;
import java.util.OptionalDouble;

/**
 * Parameters that share a learning rate and a weight decay.
 *
 * <pre>{@code
 * var optimizer = new AdamW(
 *         AdamW.config(1e-3),
 *         ParameterGroup.of(encoder.parameters()).learningRate(1e-4),
 *         ParameterGroup.of(output.parameters()).weightDecay(0));
 * }</pre>
 *
 * @param parameters what is trained
 * @param learningRate of this group; the optimiser's when empty
 * @param weightDecay of this group; the optimiser's when empty
 */
public record ParameterGroup(List<Parameter> parameters, OptionalDouble learningRate, OptionalDouble weightDecay) {
    /** Copies the list. */
    public ParameterGroup {
        parameters = List.copyOf(parameters);
    }

    /** Parameters that are trained as the optimiser's own settings say. */
    public static ParameterGroup of(Collection<Parameter> parameters) {
        return new ParameterGroup(List.copyOf(parameters), OptionalDouble.empty(), OptionalDouble.empty());
    }

    /** The same parameters with a learning rate of their own. */
    public ParameterGroup learningRate(double rate) {
        return new ParameterGroup(parameters, OptionalDouble.of(Settings.rate("parameter group", rate)), weightDecay);
    }

    /** The same parameters with a weight decay of their own. */
    public ParameterGroup weightDecay(double decay) {
        double checked = Settings.atLeastZero("parameter group", "weightDecay", decay);
        return new ParameterGroup(parameters, learningRate, OptionalDouble.of(checked));
    }
}
