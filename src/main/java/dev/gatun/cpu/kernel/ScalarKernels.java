package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.ScalarGemm;
import dev.gatun.layout.DType;

/** The plain kernels: right by inspection, the oracle of the vector kernels and what runs where those cannot. */
public final class ScalarKernels {
    private ScalarKernels() {}

    /** The scalar kernels of F32 or F64. */
    public static Kernels of(DType dtype) {
        return new Kernels(
                dtype,
                "scalar",
                new ScalarElementwiseKernels(dtype),
                new ScalarReductionKernels(dtype),
                new ScalarSoftmaxKernels(dtype),
                new ScalarNormalizationKernels(dtype),
                new ScalarCellKernels(dtype),
                new ScalarAttentionKernels(dtype),
                new ScalarUpdateKernels(dtype),
                new ScalarGemm(dtype));
    }
}
