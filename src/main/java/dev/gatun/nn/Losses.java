package dev.gatun.nn;

import dev.gatun.Functional;
import dev.gatun.Functional.RowLosses;
import dev.gatun.Tensor;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.PointwiseLoss;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Losses, PyTorch's values and gradients. Predictions come first; targets that a tape watches are refused. Without options the result is the mean, one
 * number.
 */
public final class Losses {
    private Losses() {}

    /** {@link #crossEntropy(Tensor, Tensor, CrossEntropyOptions)} with PyTorch's defaults. */
    public static Tensor crossEntropy(Tensor logits, Tensor targets) {
        return crossEntropy(logits, targets, CrossEntropyOptions.defaults());
    }

    /**
     * −ln softmax(logits)[target] of each row (PyTorch's {@code CrossEntropyLoss}, with the classes on the last axis). The mean is Σ
     * losses / Σ weights of the targets' classes: NaN where every target is ignored.
     *
     * @param logits [..., classes], such as [batch, classes] or [batch, steps, classes]
     * @param targets [...] of I32 or I64: classes from 0 on, or the ignored target
     * @return one number, or [...] where nothing is reduced
     */
    public static Tensor crossEntropy(Tensor logits, Tensor targets, CrossEntropyOptions options) {
        if (logits.rank() < 1 || !logits.shape().without(-1).equals(targets.shape())) {
            throw new ShapeException(
                    "cross_entropy",
                    "expected logits [..., classes] and targets [...], was given " + logits.shape() + " and "
                            + targets.shape());
        }
        RowLosses rows = Functional.crossEntropy(
                logits.reshape(Math.toIntExact(targets.shape().elements()), logits.size(-1)),
                targets.reshape(Math.toIntExact(targets.shape().elements())),
                options.classWeights(),
                new CrossEntropyRule(options.ignoredTarget(), options.labelSmoothing()));
        return switch (options.reduction()) {
            case MEAN -> rows.losses().sum().divide(rows.weights().detach().sum());
            case SUM -> rows.losses().sum();
            case NONE -> rows.losses().reshape(targets.shape().toArray());
        };
    }

    /** The mean of (x − t)². */
    public static Tensor mse(Tensor prediction, Tensor target) {
        return mse(prediction, target, LossOptions.mean());
    }

    /** (x − t)², PyTorch's {@code MSELoss}; both of one shape. */
    public static Tensor mse(Tensor prediction, Tensor target, LossOptions options) {
        return pointwise(PointwiseLoss.SQUARED, 0, prediction, target, options);
    }

    /** The mean of |x − t|. */
    public static Tensor l1(Tensor prediction, Tensor target) {
        return l1(prediction, target, LossOptions.mean());
    }

    /** |x − t|, PyTorch's {@code L1Loss}; both of one shape. */
    public static Tensor l1(Tensor prediction, Tensor target, LossOptions options) {
        return pointwise(PointwiseLoss.ABSOLUTE, 0, prediction, target, options);
    }

    /** The mean of Huber's loss with δ = 1. */
    public static Tensor huber(Tensor prediction, Tensor target) {
        return huber(prediction, target, 1, LossOptions.mean());
    }

    /** ½ (x − t)² where |x − t| ≤ δ, else δ (|x − t| − ½ δ) (Huber 1964), PyTorch's {@code HuberLoss}; both of one shape. */
    public static Tensor huber(Tensor prediction, Tensor target, double delta, LossOptions options) {
        Sizes.positive("huber", "delta", delta);
        return pointwise(PointwiseLoss.HUBER, delta, prediction, target, options);
    }

    /** The mean of the binary cross entropy of sigmoid(logits). */
    public static Tensor bceWithLogits(Tensor logits, Tensor target) {
        return bceWithLogits(logits, target, LossOptions.mean());
    }

    /**
     * −t ln σ(x) − (1 − t) ln(1 − σ(x)), PyTorch's {@code BCEWithLogitsLoss}.
     *
     * @param target of the logits' shape and type, from 0 to 1
     */
    public static Tensor bceWithLogits(Tensor logits, Tensor target, LossOptions options) {
        return pointwise(PointwiseLoss.BINARY_CROSS_ENTROPY_WITH_LOGITS, 0, logits, target, options);
    }

    /**
     * −w t ln σ(x) − (1 − t) ln(1 − σ(x)): positives count w times. Computed as the loss without w, plus −(w − 1) t ln σ(x).
     *
     * @param positiveWeight w, of a shape that broadcasts to the logits': PyTorch's {@code pos_weight}
     */
    public static Tensor bceWithLogits(Tensor logits, Tensor target, Tensor positiveWeight, LossOptions options) {
        Masked masked = Masked.of("bce_with_logits", logits, target, options.mask());
        masked.demandFactor("the positive weight", positiveWeight);
        PointwiseLoss loss = PointwiseLoss.BINARY_CROSS_ENTROPY_WITH_LOGITS;
        Tensor plain = Functional.pointwiseLoss(loss, 0, masked.prediction(), masked.target());
        Tensor ones = Tensor.full(logits.device(), logits.dtype(), logits.shape(), 1);
        Tensor positive = Functional.pointwiseLoss(loss, 0, masked.prediction(), ones);
        Tensor more = positiveWeight.subtract(1).multiply(masked.target());
        return masked.reduced(more.multiply(positive).add(plain), options);
    }

    private static Tensor pointwise(
            PointwiseLoss loss, double parameter, Tensor prediction, Tensor target, LossOptions options) {
        String name = loss.name().toLowerCase(Locale.ROOT) + "_loss";
        Masked masked = Masked.of(name, prediction, target, options.mask());
        Tensor losses = Functional.pointwiseLoss(loss, parameter, masked.prediction(), masked.target());
        return masked.reduced(losses, options);
    }

    /** Prediction and target with zeros where the mask, of their shape, hides them. */
    private record Masked(
            String name,
            Tensor prediction,
            Tensor target,
            @Nullable Tensor mask) {
        static Masked of(String name, Tensor prediction, Tensor target, @Nullable Tensor mask) {
            if (!target.shape().equals(prediction.shape())) {
                throw new ShapeException(
                        name,
                        "the target must have the prediction's shape " + prediction.shape() + ", was given "
                                + target.shape());
            }
            if (mask == null) {
                return new Masked(name, prediction, target, null);
            }
            Tensor full = expand(mask, prediction.shape());
            Tensor zero = Tensor.full(prediction.device(), prediction.dtype(), Shape.SCALAR, 0);
            return new Masked(
                    name, Functional.where(full, prediction, zero), Functional.where(full, target, zero), full);
        }

        private static Tensor expand(Tensor mask, Shape shape) {
            Tensor shows = mask.dtype() == DType.BOOL ? mask : mask.compare(Comparison.NOT_EQUAL, 0);
            while (shows.rank() < shape.rank()) {
                shows = shows.unsqueeze(-1);
            }
            return shows.broadcastTo(shape.toArray());
        }

        void demandFactor(String what, Tensor factor) {
            Shape shape = prediction.shape();
            if (!Shape.broadcast(name, factor.shape(), shape).equals(shape)) {
                throw new ShapeException(
                        name,
                        what + " must broadcast to the prediction's shape " + shape + ", was given " + factor.shape());
            }
        }

        Tensor reduced(Tensor losses, LossOptions options) {
            Tensor weighted = losses;
            if (options.weight() != null) {
                demandFactor("the weight", options.weight());
                weighted = losses.multiply(options.weight());
            }
            if (mask != null) {
                Tensor zero = Tensor.full(losses.device(), losses.dtype(), Shape.SCALAR, 0);
                weighted = Functional.where(mask, weighted, zero);
            }
            return switch (options.reduction()) {
                case MEAN -> mask == null ? weighted.mean() : weighted.sum().divide(count(mask, losses.dtype()));
                case SUM -> weighted.sum();
                case NONE -> weighted;
            };
        }

        /** At least 1: where nothing counts the mean is 0, and so is its gradient. */
        private static Tensor count(Tensor mask, DType dtype) {
            return mask.to(dtype).sum().clamp(1, Double.POSITIVE_INFINITY);
        }
    }
}
