package dev.gatun.backend;

/** Comparisons of two elements. */
public enum Comparison {
    /** a = b. */
    EQUAL,
    /** a ≠ b. */
    NOT_EQUAL,
    /** a &lt; b. */
    LESS,
    /** a ≤ b. */
    LESS_OR_EQUAL,
    /** a &gt; b. */
    GREATER,
    /** a ≥ b. */
    GREATER_OR_EQUAL
}
