package dev.gatun.backend;

import dev.gatun.layout.DType;

/** Matrix products. */
public interface MatrixOps {
    /**
     * c = a · b, and what an epilogue makes of it: a [..., m, k], b [..., k, n], c [..., m, n].
     *
     * <p>a and b may have any strides (a transposed operand is one with exchanged strides, a repeated one has batch strides of
     * 0); their leading axes are already those of c. Rows of c may lie apart, its last axis has stride 1. With k = 0 the product
     * is 0. The order in which bias and addend are added is the backend's. The same call gives the same bits. On the CPU each
     * element of c is summed in an order that depends on k alone, so that neither threads nor m and n change it.
     *
     * <p>a and b have one type, c and what its epilogue names have one: the same, or F32 where a and b are BF16 or F16. Products of
     * BF16 and F16 are summed in F32, with bias and addend; the activation is computed of that sum, and what is written, c as well
     * as the argument kept, is rounded to its type once, to nearest even.
     */
    void matmul(View a, View b, Epilogue epilogue, View c);

    /**
     * Demands the element types, strides and shapes of an epilogue that {@link #matmul} is for.
     *
     * @throws IllegalArgumentException if they are others
     */
    static void check(View a, View b, Epilogue epilogue, View c) {
        View bias = epilogue.bias();
        DType factors = a.dtype();
        boolean fits = factors.isFloating()
                && b.dtype() == factors
                && (c.dtype() == factors || c.dtype() == factors.sumType())
                && (bias == null || bias.dtype() == c.dtype());
        if (!fits) {
            String given = factors + " × " + b.dtype() + (bias == null ? "" : " + " + bias.dtype());
            throw new IllegalArgumentException(
                    "matmul: element types do not go together: " + given + " → " + c.dtype());
        }
        if (c.size(-1) > 1 && c.layout().stride(-1) != 1) {
            throw new IllegalArgumentException("matmul: the result's last axis must have stride 1: " + c.layout());
        }
        epilogue.check(c);
    }
}
