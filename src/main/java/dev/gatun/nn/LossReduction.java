package dev.gatun.nn;

/** What becomes of the losses of single elements or rows. */
public enum LossReduction {
    /** Their mean: over elements that are not masked, over rows by their weights. */
    MEAN,
    /** Their sum. */
    SUM,
    /** Each stays as it is; masked ones are 0. */
    NONE
}
