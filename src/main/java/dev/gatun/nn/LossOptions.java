package dev.gatun.nn;

import dev.gatun.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How losses of single elements come together; {@link #mean} starts one.
 *
 * @param reduction what becomes of the losses
 * @param mask which elements count, or null for all: BOOL, or numbers that are 0 or not; of the prediction's shape, or of its
 *     leading axes, as [batch, steps] is for [batch, steps, features]. What stands elsewhere, NaN included, does not matter.
 * @param weight factors of the losses, of a shape that broadcasts to the prediction's, or null for ones. A mean is still over the
 *     number of elements, as PyTorch has it.
 */
public record LossOptions(
        LossReduction reduction,
        @Nullable Tensor mask,
        @Nullable Tensor weight) {
    /** The mean of all elements. */
    public static LossOptions mean() {
        return new LossOptions(LossReduction.MEAN, null, null);
    }

    /** The sum of all elements. */
    public static LossOptions sum() {
        return new LossOptions(LossReduction.SUM, null, null);
    }

    /** A loss for each element. */
    public static LossOptions none() {
        return new LossOptions(LossReduction.NONE, null, null);
    }

    /** Of the elements that a mask shows alone. */
    public LossOptions mask(Tensor value) {
        return new LossOptions(reduction, value, weight);
    }

    /** With a factor for each loss. */
    public LossOptions weight(Tensor value) {
        return new LossOptions(reduction, mask, value);
    }
}
