package dev.gatun.cpu;

import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.LossOps;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.ElementwiseKernels;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Losses on the CPU, in F32 and F64. */
final class CpuLoss implements LossOps {
    private final CpuRuntime runtime;

    CpuLoss(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void crossEntropy(
            View logits,
            View targets,
            @Nullable View classWeights,
            CrossEntropyRule rule,
            View losses,
            View targetWeights,
            View logSumExp) {
        Elementwise.sameType("crossEntropy", logits, losses, targetWeights, logSumExp);
        try (CrossEntropy call = new CrossEntropy(runtime, "crossEntropy", logits, targets, classWeights, rule)) {
            call.forward(call.perRow(losses), call.perRow(targetWeights), call.perRow(logSumExp));
        }
    }

    @Override
    public void crossEntropyBackward(
            View logits,
            View targets,
            @Nullable View classWeights,
            CrossEntropyRule rule,
            View logSumExp,
            View dlosses,
            View dlogits) {
        Elementwise.sameType("crossEntropyBackward", logits, logSumExp, dlosses, dlogits);
        if (!dlogits.shape().equals(logits.shape())) {
            throw new ShapeException(
                    "crossEntropyBackward", "shapes differ: " + logits.shape() + " and " + dlogits.shape());
        }
        try (CrossEntropy call =
                new CrossEntropy(runtime, "crossEntropyBackward", logits, targets, classWeights, rule)) {
            Numbers dx = new Numbers("crossEntropyBackward", dlogits);
            call.backward(call.perRow(logSumExp), call.perRow(dlosses), dx);
        }
    }

    @Override
    public void pointwise(PointwiseLoss loss, double parameter, View x, View target, View y) {
        ElementwiseKernels kernels =
                runtime.kernels(Elementwise.sameType("pointwise", x, target, y)).elementwise();
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "pointwise", y, x, target)
                .run((in, at, n) -> kernels.loss(
                        loss, parameter, in[0].segment(), in[0].offset(), in[1].segment(), in[1].offset(), out, at, n));
    }

    @Override
    public void pointwiseBackward(PointwiseLoss loss, double parameter, View x, View target, View dy, View dx) {
        ElementwiseKernels kernels = runtime.kernels(Elementwise.sameType("pointwiseBackward", x, target, dy, dx))
                .elementwise();
        MemorySegment out = CpuStorage.segment(dx);
        new Elementwise(runtime, "pointwiseBackward", dx, x, target, dy)
                .run((in, at, n) -> kernels.lossBackward(
                        loss,
                        parameter,
                        in[0].segment(),
                        in[0].offset(),
                        in[1].segment(),
                        in[1].offset(),
                        in[2].segment(),
                        in[2].offset(),
                        out,
                        at,
                        n));
    }
}
