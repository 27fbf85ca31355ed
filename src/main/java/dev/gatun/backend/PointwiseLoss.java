package dev.gatun.backend;

/** Losses of single elements, of a prediction x and a target t; the parameter δ is used by HUBER alone. */
public enum PointwiseLoss {
    /** (x − t)². */
    SQUARED,
    /** |x − t|; derivative 0 where x = t. */
    ABSOLUTE,
    /** ½ (x − t)² where |x − t| ≤ δ, else δ (|x − t| − ½ δ). Huber 1964. */
    HUBER,
    /** max(x, 0) − x t + ln(1 + e^−|x|): binary cross entropy of sigmoid(x). */
    BINARY_CROSS_ENTROPY_WITH_LOGITS
}
