package dev.gatun.backend;

/**
 * How products of F32 numbers may be computed. Sums are F32 in any case, and so are the results; what is rounded are the factors.
 * Numbers of other types are not concerned.
 */
public enum Precision {
    /** As they are. */
    F32,
    /** Factors rounded to 10 bits of mantissa, where the device is faster for it. */
    TF32,
    /** Factors rounded to BF16, 7 bits of mantissa, where the device is faster for it. */
    BF16,
    /** Factors rounded to F16, 10 bits of mantissa and numbers up to 65504, where the device is faster for it. */
    F16
}
