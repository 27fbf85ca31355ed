package dev.gatun.nn;

import dev.gatun.Tensor;
import org.jspecify.annotations.Nullable;

/**
 * How a cross entropy is computed; {@link #defaults} starts one.
 *
 * @param ignoredTarget rows with this target, such as padding, do not count
 * @param labelSmoothing ε of Szegedy et al. 2016, from 0 to 1
 * @param classWeights [classes], or null for ones
 * @param reduction what becomes of the rows' losses
 */
public record CrossEntropyOptions(
        long ignoredTarget, double labelSmoothing, @Nullable Tensor classWeights, LossReduction reduction) {
    /** Checks the smoothing. */
    public CrossEntropyOptions {
        if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
            throw new IllegalArgumentException(
                    "cross_entropy: label smoothing must be from 0 to 1, was given " + labelSmoothing);
        }
    }

    /** PyTorch's defaults: the mean, target −100 ignored. */
    public static CrossEntropyOptions defaults() {
        return new CrossEntropyOptions(-100, 0, null, LossReduction.MEAN);
    }

    /** With rows of this target left out. */
    public CrossEntropyOptions ignore(long target) {
        return new CrossEntropyOptions(target, labelSmoothing, classWeights, reduction);
    }

    /** With targets of 1 − ε for the class and ε / classes for every class. */
    public CrossEntropyOptions labelSmoothing(double epsilon) {
        return new CrossEntropyOptions(ignoredTarget, epsilon, classWeights, reduction);
    }

    /** With a weight for each class, [classes]. */
    public CrossEntropyOptions classWeights(Tensor weights) {
        return new CrossEntropyOptions(ignoredTarget, labelSmoothing, weights, reduction);
    }

    /** With another reduction. */
    public CrossEntropyOptions reduction(LossReduction value) {
        return new CrossEntropyOptions(ignoredTarget, labelSmoothing, classWeights, value);
    }
}
