package dev.gatun.cuda;

import dev.gatun.backend.Precision;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;

/** How NVIDIA's libraries call element types. */
final class CudaTypes {
    private CudaTypes() {}

    /** cuBLAS's {@code cudaDataType}. */
    static int blas(DType dtype) {
        return switch (dtype) {
            case F32 -> Cublas.CUDA_R_32F();
            case F64 -> Cublas.CUDA_R_64F();
            case F16 -> Cublas.CUDA_R_16F();
            case BF16 -> Cublas.CUDA_R_16BF();
            case I32, I64, BOOL -> throw new IllegalArgumentException("cublas: no products of " + dtype);
        };
    }

    /** How cuBLAS computes products of a type: in that type, F16 and BF16 in F32, and F32 as allowed. */
    static int computeType(DType dtype, Precision precision) {
        if (dtype != DType.F32) {
            return dtype == DType.F64 ? Cublas.CUBLAS_COMPUTE_64F() : Cublas.CUBLAS_COMPUTE_32F();
        }
        return switch (precision) {
            case F32 -> Cublas.CUBLAS_COMPUTE_32F();
            case TF32 -> Cublas.CUBLAS_COMPUTE_32F_FAST_TF32();
            case BF16 -> Cublas.CUBLAS_COMPUTE_32F_FAST_16BF();
            case F16 -> Cublas.CUBLAS_COMPUTE_32F_FAST_16F();
        };
    }

    /** How cuDNN computes in F32: as it is, or on tensor cores, by F16 where that is allowed and else by TF32. */
    static int mathType(Precision precision) {
        return switch (precision) {
            case F32 -> Cudnn.CUDNN_FMA_MATH();
            case TF32, BF16 -> Cudnn.CUDNN_TENSOR_OP_MATH();
            case F16 -> Cudnn.CUDNN_TENSOR_OP_MATH_ALLOW_CONVERSION();
        };
    }

    /** cuDNN's {@code cudnnDataType_t}. */
    static int dnn(DType dtype) {
        return switch (dtype) {
            case F32 -> Cudnn.CUDNN_DATA_FLOAT();
            case F64 -> Cudnn.CUDNN_DATA_DOUBLE();
            case F16 -> Cudnn.CUDNN_DATA_HALF();
            case BF16 -> Cudnn.CUDNN_DATA_BFLOAT16();
            case I32 -> Cudnn.CUDNN_DATA_INT32();
            case I64 -> Cudnn.CUDNN_DATA_INT64();
            case BOOL -> Cudnn.CUDNN_DATA_BOOLEAN();
        };
    }
}
