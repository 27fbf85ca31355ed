package dev.gatun.cuda;

import dev.gatun.backend.OptimizerOps;
import dev.gatun.backend.View;
import dev.gatun.layout.ShapeException;
import java.util.List;

/** Optimiser steps by own kernels: many parameters in one launch. */
final class CudaOptimizer implements OptimizerOps {
    private final CudaRuntime runtime;

    CudaOptimizer(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void sgd(SgdStep step, List<View> parameters, List<View> gradients, List<View> momenta) {
        check("sgd", "gradients", parameters, gradients, true);
        check("sgd", "momenta", parameters, momenta, step.momentum() != 0);
        new ParameterBatches(runtime, "sgd", List.of(parameters, gradients, momenta)).run(call -> {
            call.scalar(step.rate())
                    .scalar(step.momentum())
                    .scalar(1 - step.dampening())
                    .scalar(step.weightDecay())
                    .int32(step.nesterov() ? 1 : 0)
                    .int32(step.firstStep() ? 1 : 0);
        });
    }

    @Override
    public void rmsProp(
            RmsPropStep step,
            List<View> parameters,
            List<View> gradients,
            List<View> meanSquares,
            List<View> meanGradients,
            List<View> momenta) {
        check("rmsProp", "gradients", parameters, gradients, true);
        check("rmsProp", "meanSquares", parameters, meanSquares, true);
        check("rmsProp", "meanGradients", parameters, meanGradients, step.centered());
        check("rmsProp", "momenta", parameters, momenta, step.momentum() != 0);
        List<List<View>> roles = List.of(parameters, gradients, meanSquares, meanGradients, momenta);
        new ParameterBatches(runtime, "rmsProp", roles).run(call -> {
            call.scalar(step.rate())
                    .scalar(step.decay())
                    .scalar(1 - step.decay())
                    .scalar(step.epsilon())
                    .scalar(step.weightDecay())
                    .scalar(step.momentum())
                    .int32(step.centered() ? 1 : 0);
        });
    }

    @Override
    public void adam(
            AdamStep step, List<View> parameters, List<View> gradients, List<View> means, List<View> meanSquares) {
        if (step.step() < 1) {
            throw new IllegalArgumentException("adam: steps count from 1, was given " + step.step());
        }
        check("adam", "gradients", parameters, gradients, true);
        check("adam", "means", parameters, means, true);
        check("adam", "meanSquares", parameters, meanSquares, true);
        double correction = 1 - Math.pow(step.beta1(), (double) step.step());
        double rootCorrection = Math.sqrt(1 - Math.pow(step.beta2(), (double) step.step()));
        new ParameterBatches(runtime, "adam", List.of(parameters, gradients, means, meanSquares)).run(call -> {
            call.scalar(step.rate() / correction)
                    .scalar(step.beta1())
                    .scalar(1 - step.beta1())
                    .scalar(step.beta2())
                    .scalar(1 - step.beta2())
                    .scalar(step.epsilon())
                    .scalar(step.decoupled() ? 0 : step.weightDecay())
                    .scalar(step.decoupled() ? step.rate() * step.weightDecay() : 0)
                    .scalar(rootCorrection);
        });
    }

    private static void check(String step, String role, List<View> parameters, List<View> views, boolean wanted) {
        if (views.size() != (wanted ? parameters.size() : 0)) {
            throw new IllegalArgumentException(
                    step + ": " + parameters.size() + " parameters and " + views.size() + " " + role);
        }
        for (int i = 0; i < views.size(); i++) {
            View parameter = parameters.get(i);
            View view = views.get(i);
            if (view.dtype() != parameter.dtype() || !view.shape().equals(parameter.shape())) {
                throw new ShapeException(
                        step,
                        role + ": parameter " + i + " is " + parameter.dtype() + " " + parameter.shape()
                                + ", was given " + view.dtype() + " " + view.shape());
            }
            if (!view.isContiguous() || !parameter.isContiguous()) {
                throw new ShapeException(step, role + ": parameter " + i + " or its part is not contiguous");
            }
            if (!parameter.dtype().isComputable()) {
                throw new ShapeException(
                        step, "parameter " + i + ": expected F32 or F64, was given " + parameter.dtype());
            }
        }
    }
}
