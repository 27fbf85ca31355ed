package dev.gatun.backend;

import dev.gatun.layout.DType;
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
     *
     * <p>a and b have one type, bias and c have one: the same, or F32 where a and b are BF16 or F16. Products of BF16 and F16
     * are summed in F32, with bias and what c held, and rounded to c's type once, to nearest even.
     */
    void matmul(View a, View b, @Nullable View bias, boolean accumulate, View c);

    /**
     * Demands the element types and strides that {@link #matmul} is for.
     *
     * @throws IllegalArgumentException if they are others
     */
    static void check(View a, View b, @Nullable View bias, View c) {
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
    }
}
