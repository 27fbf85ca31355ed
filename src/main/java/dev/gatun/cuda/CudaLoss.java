package dev.gatun.cuda;

import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.LossOps;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import org.jspecify.annotations.Nullable;

/** Losses by own kernels, in F32 and F64. A first kernel looks at the targets; where one is no class, the next does nothing. */
final class CudaLoss implements LossOps {
    private static final String FAMILY = "loss";

    private final CudaRuntime runtime;

    CudaLoss(CudaRuntime runtime) {
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
        DType dtype = check("crossEntropy", logits, targets, classWeights, losses, targetWeights, logSumExp);
        if (logits.size(0) == 0) {
            return;
        }
        CudaStorage failed = runtime.memory().allocate(Integer.BYTES);
        try (var _ = runtime.calls()) {
            checkTargets(logits, targets, rule, failed);
            begin(dtype, "crossEntropy", failed, logits, targets, classWeights, rule)
                    .pointer(losses)
                    .pointer(targetWeights)
                    .pointer(logSumExp)
                    .overRows(logits.size(0), logits.size(1));
        } finally {
            failed.release();
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
        DType dtype = check("crossEntropyBackward", logits, targets, classWeights, logSumExp, dlosses);
        Operands.computable("crossEntropyBackward", logits, dlogits);
        Operands.sameShape("crossEntropyBackward", logits, dlogits);
        Operands.contiguous("crossEntropyBackward", dlogits);
        if (logits.size(0) == 0) {
            return;
        }
        CudaStorage failed = runtime.memory().allocate(Integer.BYTES);
        try (var _ = runtime.calls()) {
            checkTargets(logits, targets, rule, failed);
            begin(dtype, "crossEntropyBackward", failed, logits, targets, classWeights, rule)
                    .pointer(logSumExp)
                    .pointer(dlosses)
                    .pointer(dlogits)
                    .overRows(logits.size(0), logits.size(1));
        } finally {
            failed.release();
        }
    }

    private void checkTargets(View logits, View targets, CrossEntropyRule rule, CudaStorage failed) {
        call(logits.dtype(), "checkTargets")
                .pointer(targets)
                .int32(CudaIndex.isWide(targets))
                .int64(logits.size(0))
                .int64(logits.size(1))
                .int64(rule.ignoredTarget())
                .int32(DeviceFaults.Operation.CROSS_ENTROPY.code())
                .pointer(runtime.memory().faults().pointer())
                .pointer(runtime.memory().pointer(failed, 0))
                .launch(1, 1, CudaIndex.CHECKING_THREADS, 1);
    }

    private KernelCall begin(
            DType dtype,
            String kernel,
            CudaStorage failed,
            View logits,
            View targets,
            @Nullable View classWeights,
            CrossEntropyRule rule) {
        return call(dtype, kernel)
                .pointer(runtime.memory().pointer(failed, 0))
                .int64(logits.size(0))
                .int64(logits.size(1))
                .pointer(logits)
                .pointer(targets)
                .int32(CudaIndex.isWide(targets))
                .pointer(classWeights)
                .int64(rule.ignoredTarget())
                .scalar(rule.labelSmoothing());
    }

    private static DType check(
            String operation, View logits, View targets, @Nullable View classWeights, View... perRow) {
        if (logits.rank() != 2
                || !targets.shape().equals(Shape.of(logits.size(0)))
                || !targets.dtype().isIndex()) {
            throw new ShapeException(
                    operation,
                    "expected logits [rows, classes] and targets [rows] of I32 or I64, was given " + logits.shape()
                            + " and " + targets.dtype() + " " + targets.shape());
        }
        Operands.contiguous(operation, logits, targets);
        Operands.contiguous(operation, perRow);
        DType dtype = Operands.computable(operation, logits);
        for (View view : perRow) {
            if (view.dtype() != dtype || !view.shape().equals(targets.shape())) {
                throw new ShapeException(
                        operation,
                        "expected " + dtype + " " + targets.shape() + ", was given " + view.dtype() + " "
                                + view.shape());
            }
        }
        if (classWeights != null) {
            Shape shape = Shape.of(logits.size(1));
            Operands.contiguous(operation, classWeights);
            if (classWeights.dtype() != dtype || !classWeights.shape().equals(shape)) {
                throw new ShapeException(
                        operation,
                        "expected class weights " + dtype + " " + shape + ", was given " + classWeights.dtype() + " "
                                + classWeights.shape());
            }
        }
        return dtype;
    }

    @Override
    public void pointwise(PointwiseLoss loss, double parameter, View x, View target, View y) {
        DType dtype = Operands.computable("pointwise", x, target, y);
        Operands.sameShape("pointwise", y, x, target);
        Operands.contiguous("pointwise", x, target, y);
        if (y.elements() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "pointwise")
                        .constant(loss)
                        .scalar(parameter)
                        .int64(y.elements())
                        .pointer(x)
                        .pointer(target)
                        .pointer(y)
                        .overThreads(y.elements());
            }
        }
    }

    @Override
    public void pointwiseBackward(PointwiseLoss loss, double parameter, View x, View target, View dy, View dx) {
        DType dtype = Operands.computable("pointwiseBackward", x, target, dy, dx);
        Operands.sameShape("pointwiseBackward", dx, x, target, dy);
        Operands.contiguous("pointwiseBackward", x, target, dy, dx);
        if (dx.elements() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "pointwiseBackward")
                        .constant(loss)
                        .scalar(parameter)
                        .int64(dx.elements())
                        .pointer(x)
                        .pointer(target)
                        .pointer(dy)
                        .pointer(dx)
                        .overThreads(dx.elements());
            }
        }
    }

    private KernelCall call(DType dtype, String kernel) {
        return runtime.kernels().call(FAMILY, dtype, kernel);
    }
}
