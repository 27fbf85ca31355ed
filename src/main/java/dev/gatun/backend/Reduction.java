package dev.gatun.backend;

/** Ways to make one number of many. */
public enum Reduction {
    /** Σ x. */
    SUM,
    /** Σ x / n. */
    MEAN,
    /** The largest; NaN if any is NaN. */
    MAX,
    /** The smallest; NaN if any is NaN. */
    MIN,
    /** Σ x². */
    SUM_OF_SQUARES
}
