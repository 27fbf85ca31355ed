package dev.gatun.cuda;

/** A shared library of NVIDIA's that the backend calls, in the order in which they are loaded: each after those it needs. */
enum CudaLibrary {
    /** The CUDA runtime. */
    CUDART("cudart", "nvidia-cuda-runtime"),
    /** The compiler of kernels. */
    NVRTC("nvrtc", "nvidia-cuda-nvrtc"),
    /** Matrix products with epilogues; cuBLAS needs it. */
    CUBLAS_LT("cublasLt", "nvidia-cublas"),
    /** Matrix products. */
    CUBLAS("cublas", "nvidia-cublas"),
    /** Recurrent nets and attention. */
    CUDNN("cudnn", "nvidia-cudnn");

    /** The version of cuDNN's interface that the bindings are of. */
    static final int CUDNN_MAJOR = 9;

    private final String stem;
    private final String wheel;

    CudaLibrary(String stem, String wheel) {
        this.stem = stem;
        this.wheel = wheel;
    }

    /** The library's name, for people. */
    String title() {
        return stem;
    }

    /** The file's name for one CUDA release, such as {@code libcublas.so.13}; cuDNN counts its own releases. */
    String fileName(int cudaMajor) {
        return "lib" + stem + ".so." + (this == CUDNN ? CUDNN_MAJOR : cudaMajor);
    }

    /** What pip is asked for to bring it; since CUDA 13, the package's version is CUDA's. */
    String wheel(int cudaMajor) {
        return this == CUDNN || cudaMajor < 13 ? wheel + "-cu" + cudaMajor : "'" + wheel + "==" + cudaMajor + ".*'";
    }
}
