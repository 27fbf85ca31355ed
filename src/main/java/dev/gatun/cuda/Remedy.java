package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;

/** What helps against errors that users meet; each text begins with what separates it from the problem, and is empty where nothing is known. */
final class Remedy {
    private Remedy() {}

    static String runtime(int status) {
        if (status == Cudart.cudaErrorInsufficientDriver()) {
            return "; install NVIDIA's driver, or one that is new enough for this CUDA release";
        }
        if (status == Cudart.cudaErrorNoDevice()) {
            return "; no GPU is visible: look at nvidia-smi, and at CUDA_VISIBLE_DEVICES";
        }
        if (status == Cudart.cudaErrorMemoryAllocation()) {
            return "; use smaller batches, close what is not needed, or look at nvidia-smi for other processes";
        }
        if (LostDevices.isFatal(status)) {
            return "; the device is lost to this process: restart it";
        }
        return "";
    }

    static String blas(int status) {
        if (status == Cublas.CUBLAS_STATUS_NOT_INITIALIZED() || status == Cublas.CUBLAS_STATUS_ALLOC_FAILED()) {
            return "; cuBLAS found no device or no memory for its workspace: look at nvidia-smi";
        }
        if (status == Cublas.CUBLAS_STATUS_ARCH_MISMATCH()) {
            return "; this release of cuBLAS does not support the GPU";
        }
        return "";
    }

    static String dnn(int status) {
        if (status == Cudnn.CUDNN_STATUS_NOT_INITIALIZED()) {
            return "; cuDNN found no device, or a CUDA release it was not built for";
        }
        if (status == Cudnn.CUDNN_STATUS_SUBLIBRARY_VERSION_MISMATCH()) {
            return "; parts of two releases of cuDNN are mixed: let one folder hold all of them";
        }
        if (status == Cudnn.CUDNN_STATUS_SUBLIBRARY_LOADING_FAILED()) {
            return "; a part of cuDNN, or the driver's libcuda.so.1, was not found beside it";
        }
        return "";
    }
}
