package dev.gatun.cuda;

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
