package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.gemm.Matrix;

/** Products with a right operand that was laid out for all steps. */
@FunctionalInterface
public interface Product {
    /** c = a · b, or c += a · b. */
    void multiply(Matrix a, boolean accumulate, Matrix c);
}
