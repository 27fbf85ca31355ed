package dev.gatun.cpu.kernel;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.layout.DType;

/**
 * The innermost loops for one element type, by family. Kernels take segments with offsets in elements and walk contiguous runs of
 * {@code n}; they run on the calling thread.
 *
 * @param dtype what they compute in, F32 or F64
 * @param name {@code scalar} or {@code vector-512} and the like
 * @param elementwise functions of single elements
 * @param reductions reductions of whole rows
 * @param softmax exponentials of whole rows against their sum
 * @param normalization normalisation of whole rows
 * @param cells gates of recurrent cells
 * @param attention rows of attention scores
 * @param updates optimiser steps
 * @param gemm matrix products
 */
public record Kernels(
        DType dtype,
        String name,
        ElementwiseKernels elementwise,
        ReductionKernels reductions,
        SoftmaxKernels softmax,
        NormalizationKernels normalization,
        CellKernels cells,
        AttentionKernels attention,
        UpdateKernels updates,
        Gemm gemm) {}
