package dev.gatun.backend;

import org.jspecify.annotations.Nullable;

/** Matrix products. */
public interface MatrixOps {
    /**
     * c = a · b + bias, or c += a · b + bias: a [..., m, k], b [..., k, n], bias [n] or null, c [..., m, n].
     *
     * <p>a and b may have any strides (a transposed operand is one with exchanged strides, a repeated one has batch strides of
     * 0); their leading axes are already those of c. Rows of c may lie apart, its last axis has stride 1. With k = 0 the product
     * is 0. The same call gives the same bits. On the CPU each element of c is summed in an order that depends on k alone, so that
     * neither threads nor m and n change it.
     */
    void matmul(View a, View b, @Nullable View bias, boolean accumulate, View c);
}
