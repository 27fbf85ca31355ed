package dev.gatun.backend;

import java.util.List;

/**
 * Optimiser steps over many parameters at once, in place. Lists of one call have one length; views at one place in them have one
 * shape and are contiguous. Equations are PyTorch's.
 */
public interface OptimizerOps {
    /**
     * Settings of a step of stochastic gradient descent.
     *
     * @param rate learning rate
     * @param momentum μ, 0 for none
     * @param dampening share of the gradient kept out of the momentum
     * @param weightDecay added to the gradient, times the parameter
     * @param nesterov Nesterov's momentum (Sutskever et al. 2013)
     * @param firstStep whether the momentum buffers hold nothing yet: they become the gradient
     */
    record SgdStep(
            double rate, double momentum, double dampening, double weightDecay, boolean nesterov, boolean firstStep) {}

    /**
     * Settings of a step of RMSProp (Tieleman and Hinton 2012).
     *
     * @param rate learning rate
     * @param decay α, the decay of the mean square
     * @param epsilon added to the root
     * @param weightDecay added to the gradient, times the parameter
     * @param momentum 0 for none
     * @param centered whether the mean gradient's square is taken off (Graves 2013)
     */
    record RmsPropStep(
            double rate, double decay, double epsilon, double weightDecay, double momentum, boolean centered) {}

    /**
     * Settings of a step of Adam (Kingma and Ba 2015) or AdamW (Loshchilov and Hutter 2019).
     *
     * @param rate learning rate
     * @param beta1 decay of the mean
     * @param beta2 decay of the mean square
     * @param epsilon added to the root
     * @param weightDecay λ
     * @param decoupled whether the decay shrinks the parameter itself (AdamW) instead of joining the gradient
     * @param step which step this is, from 1 on
     */
    record AdamStep(
            double rate,
            double beta1,
            double beta2,
            double epsilon,
            double weightDecay,
            boolean decoupled,
            long step) {}

    /** One step; {@code momenta} is empty when the momentum is 0. */
    void sgd(SgdStep settings, List<View> parameters, List<View> gradients, List<View> momenta);

    /** One step; {@code momenta} is empty when the momentum is 0, {@code meanGradients} when not centered. */
    void rmsProp(
            RmsPropStep settings,
            List<View> parameters,
            List<View> gradients,
            List<View> meanSquares,
            List<View> meanGradients,
            List<View> momenta);

    /** One step. */
    void adam(AdamStep settings, List<View> parameters, List<View> gradients, List<View> means, List<View> meanSquares);
}
