package dev.gatun.layout;

/**
 * The type of a tensor's elements. Arithmetic runs in {@link #F32} and {@link #F64}; the half types are for storage, conversion and
 * the factors of matrix products.
 */
public enum DType {
    /** IEEE 754 binary32. */
    F32(4, true),
    /** IEEE 754 binary64, used by gradient checks. */
    F64(8, true),
    /** bfloat16: the upper half of a binary32. */
    BF16(2, true),
    /** IEEE 754 binary16. */
    F16(2, true),
    /** Two's complement, 32 bits. */
    I32(4, false),
    /** Two's complement, 64 bits. */
    I64(8, false),
    /** One byte an element: 0 is false, anything else true. */
    BOOL(1, false);

    private final int byteSize;
    private final boolean floating;

    DType(int byteSize, boolean floating) {
        this.byteSize = byteSize;
        this.floating = floating;
    }

    /** Bytes an element takes. */
    public int byteSize() {
        return byteSize;
    }

    /** Whether this is one of F32, F64, BF16, F16. */
    public boolean isFloating() {
        return floating;
    }

    /** Whether everything computes in this type: F32 and F64. */
    public boolean isComputable() {
        return this == F32 || this == F64;
    }

    /** The type in which products and sums of this type are computed: F32 for BF16 and F16, all others are their own. */
    public DType sumType() {
        return this == BF16 || this == F16 ? F32 : this;
    }

    /** Whether this is I32 or I64, the types of indices. */
    public boolean isIndex() {
        return this == I32 || this == I64;
    }
}
