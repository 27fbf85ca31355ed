package dev.gatun.cpu;

import dev.gatun.backend.OptimizerOps;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.UpdateKernels;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Optimiser steps: the elements of all parameters are one long run, cut into tasks of one size whatever the threads. */
final class CpuOptimizer implements OptimizerOps {
    /** Elements of one task: beside their way from memory and back nothing that begins a task counts. */
    private static final int GRAIN = 1 << 15;

    private final CpuRuntime runtime;

    CpuOptimizer(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void sgd(SgdStep settings, List<View> parameters, List<View> gradients, List<View> momenta) {
        check("sgd", "gradients", parameters, gradients, true);
        check("sgd", "momenta", parameters, momenta, settings.momentum() != 0);
        run(
                parameters,
                (kernels, run) -> kernels.sgd(
                        settings, run.of(parameters), run.of(gradients), run.ofOptional(momenta), run.length));
    }

    @Override
    public void rmsProp(
            RmsPropStep settings,
            List<View> parameters,
            List<View> gradients,
            List<View> meanSquares,
            List<View> meanGradients,
            List<View> momenta) {
        check("rmsProp", "gradients", parameters, gradients, true);
        check("rmsProp", "meanSquares", parameters, meanSquares, true);
        check("rmsProp", "meanGradients", parameters, meanGradients, settings.centered());
        check("rmsProp", "momenta", parameters, momenta, settings.momentum() != 0);
        run(
                parameters,
                (kernels, run) -> kernels.rmsProp(
                        settings,
                        run.of(parameters),
                        run.of(gradients),
                        run.of(meanSquares),
                        run.ofOptional(meanGradients),
                        run.ofOptional(momenta),
                        run.length));
    }

    @Override
    public void adam(
            AdamStep settings, List<View> parameters, List<View> gradients, List<View> means, List<View> meanSquares) {
        if (settings.step() < 1) {
            throw new IllegalArgumentException("adam: steps count from 1, was given " + settings.step());
        }
        check("adam", "gradients", parameters, gradients, true);
        check("adam", "means", parameters, means, true);
        check("adam", "meanSquares", parameters, meanSquares, true);
        run(
                parameters,
                (kernels, run) -> kernels.adam(
                        settings,
                        run.of(parameters),
                        run.of(gradients),
                        run.of(means),
                        run.of(meanSquares),
                        run.length));
    }

    /** So many elements of every view at one place in a list. */
    private record Run(int index, long from, int length) {
        MemorySegment of(List<View> views) {
            View view = views.get(index);
            int size = view.dtype().byteSize();
            long at = (view.layout().offset() + from) * size;
            return CpuStorage.segment(view).asSlice(at, (long) length * size);
        }

        @Nullable
        MemorySegment ofOptional(List<View> views) {
            return views.isEmpty() ? null : of(views);
        }
    }

    private interface Update {
        void apply(UpdateKernels kernels, Run run);
    }

    private void run(List<View> parameters, Update update) {
        long[] starts = new long[parameters.size() + 1];
        for (int i = 0; i < parameters.size(); i++) {
            starts[i + 1] = starts[i] + parameters.get(i).elements();
        }
        long total = starts[parameters.size()];
        runtime.pool().run(Math.toIntExact(Math.ceilDiv(total, (long) GRAIN)), task -> {
            long begin = (long) task * GRAIN;
            part(parameters, starts, begin, Math.min(begin + GRAIN, total), update);
        });
        parameters.forEach(CpuStorage::written);
    }

    /** Updates the elements {@code begin} to {@code end}, counted over all parameters. */
    private void part(List<View> parameters, long[] starts, long begin, long end, Update update) {
        int index = 0;
        while (starts[index + 1] <= begin) {
            index++;
        }
        for (long at = begin; at < end; index++) {
            long until = Math.min(end, starts[index + 1]);
            if (until > at) {
                UpdateKernels kernels =
                        runtime.kernels(parameters.get(index).dtype()).updates();
                update.apply(kernels, new Run(index, at - starts[index], (int) (until - at)));
                at = until;
            }
        }
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
        }
    }
}
