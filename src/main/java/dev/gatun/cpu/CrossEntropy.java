package dev.gatun.cpu;

import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import org.jspecify.annotations.Nullable;

/** One cross entropy of rows of logits, forward or backward. Closing releases its scratch. */
final class CrossEntropy implements AutoCloseable {
    private final CpuRuntime runtime;
    private final String operation;
    private final Kernels kernels;
    private final View targets;
    private final CrossEntropyRule rule;
    private final int rows;
    private final int classes;
    private final Numbers x;
    private final ParameterRow weightRow;
    private final Numbers weights;
    private final double smoothing;
    private final double weightSum;

    /** Checks the targets before anything is written. */
    CrossEntropy(
            CpuRuntime runtime,
            String operation,
            View logits,
            View targets,
            @Nullable View classWeights,
            CrossEntropyRule rule) {
        if (logits.rank() != 2
                || !targets.shape().equals(Shape.of(logits.size(0)))
                || !targets.dtype().isIndex()) {
            throw new ShapeException(
                    operation,
                    "expected logits [rows, classes] and targets [rows] of I32 or I64, was given " + logits.shape()
                            + " and " + targets.dtype() + " " + targets.shape());
        }
        this.runtime = runtime;
        this.operation = operation;
        this.kernels = runtime.kernels(logits.dtype());
        this.targets = targets;
        this.rule = rule;
        this.rows = logits.size(0);
        this.classes = logits.size(1);
        Elementwise.contiguous(operation, targets);
        checkTargets();
        this.x = new Numbers(operation, logits);
        this.weightRow = new ParameterRow(runtime, operation, classWeights, logits.dtype(), classes, 1);
        this.weights = weightRow.numbers();
        this.smoothing = rule.labelSmoothing() / classes;
        this.weightSum = smoothing == 0
                ? 0
                : kernels.reductions().reduce(Reduction.SUM, weights.segment(), weights.at(0), classes);
    }

    private void checkTargets() {
        for (long row = 0; row < rows; row++) {
            long target = CpuIndex.index(targets, row);
            if (target != rule.ignoredTarget() && (target < 0 || target >= classes)) {
                throw new IndexOutOfBoundsException(
                        operation + ": target " + target + " of row " + row + " is none of " + classes + " classes");
            }
        }
    }

    /** A view of one number a row. */
    Numbers perRow(View view) {
        if (!view.shape().equals(Shape.of(rows))) {
            throw new ShapeException(operation, "expected " + Shape.of(rows) + ", was given " + view.shape());
        }
        return new Numbers(operation, view);
    }

    void forward(Numbers losses, Numbers targetWeights, Numbers logSumExp) {
        Ranges.run(runtime.pool(), rows, Ranges.grain(classes), (from, to) -> {
            for (long row = from; row < to; row++) {
                double total = kernels.softmax().logSumExp(x.segment(), x.at(row * classes), classes);
                long target = CpuIndex.index(targets, row);
                boolean counts = target != rule.ignoredTarget();
                logSumExp.set(row, total);
                losses.set(row, counts ? loss(row, target, total) : 0);
                targetWeights.set(row, counts ? weights.get(target) : 0);
            }
        });
    }

    private double loss(long row, long target, double total) {
        double picked = (1 - rule.labelSmoothing()) * weights.get(target) * (total - x.get(row * classes + target));
        if (smoothing == 0) {
            return picked;
        }
        double dot =
                kernels.reductions().dot(weights.segment(), weights.at(0), x.segment(), x.at(row * classes), classes);
        return picked + smoothing * (weightSum * total - dot);
    }

    void backward(Numbers logSumExp, Numbers dlosses, Numbers dx) {
        Ranges.run(runtime.pool(), rows, Ranges.grain(classes), (from, to) -> {
            for (long row = from; row < to; row++) {
                long target = CpuIndex.index(targets, row);
                if (target == rule.ignoredTarget()) {
                    dx.fillZero(row * classes, classes);
                } else {
                    gradient(row, target, logSumExp.get(row), dlosses.get(row), dx);
                }
            }
        });
    }

    /** dx = dloss (p ((1 − ε) w(t) + ε / C · Σ w) − ε / C · w − (1 − ε) w(t) · one-hot), with p = exp(x − logSumExp). */
    private void gradient(long row, long target, double total, double dloss, Numbers dx) {
        long first = row * classes;
        double picked = dloss * (1 - rule.labelSmoothing()) * weights.get(target);
        double factor = picked + dloss * smoothing * weightSum;
        kernels.softmax().exponential(x.segment(), x.at(first), total, factor, dx.segment(), dx.at(first), classes);
        if (smoothing != 0) {
            kernels.elementwise()
                    .accumulate(
                            weights.segment(), weights.at(0), -dloss * smoothing, dx.segment(), dx.at(first), classes);
        }
        dx.set(first + target, dx.get(first + target) - picked);
    }

    @Override
    public void close() {
        weightRow.close();
    }
}
