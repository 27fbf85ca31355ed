// A device with one stream and the libraries' handles, its memory, and the check of every status.
#pragma once

#include <cublasLt.h>
#include <cublas_v2.h>
#include <cuda_runtime_api.h>
#include <cudnn.h>
#include <nvrtc.h>

#include <string>
#include <vector>

namespace baseline {

/// Ends the program with what failed.
[[noreturn]] void fail(const std::string &call, const std::string &why);

inline void check(cudaError_t status, const char *call) {
    if (status != cudaSuccess) {
        fail(call, cudaGetErrorString(status));
    }
}

inline void check(cublasStatus_t status, const char *call) {
    if (status != CUBLAS_STATUS_SUCCESS) {
        fail(call, cublasGetStatusString(status));
    }
}

inline void check(nvrtcResult status, const char *call) {
    if (status != NVRTC_SUCCESS) {
        fail(call, nvrtcGetErrorString(status));
    }
}

inline void check(cudnnStatus_t status, const char *call) {
    if (status != CUDNN_STATUS_SUCCESS) {
        char message[512] = "";
        cudnnGetLastErrorString(message, sizeof message);
        fail(call, std::string(cudnnGetErrorString(status)) + " " + message);
    }
}

#define CALL(call) ::baseline::check(call, #call)

/// How products of F32 are computed: as they are, or with factors rounded.
enum class Precision { f32, tf32, bf16 };

class Device {
public:
    explicit Device(Precision precision);
    ~Device();
    Device(const Device &) = delete;
    Device &operator=(const Device &) = delete;

    cublasComputeType_t compute_type() const {
        return precision == Precision::f32    ? CUBLAS_COMPUTE_32F
            : precision == Precision::tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32
                                           : CUBLAS_COMPUTE_32F_FAST_16BF;
    }
    cudnnMathType_t math_type() const { return precision == Precision::f32 ? CUDNN_FMA_MATH : CUDNN_TENSOR_OP_MATH; }
    void wait() const { CALL(cudaStreamSynchronize(stream)); }

    const Precision precision;
    cudaStream_t stream = nullptr;
    cublasHandle_t blas = nullptr;
    cublasLtHandle_t blas_lt = nullptr;
    cudnnHandle_t dnn = nullptr;
};

/// Device memory until its owner ends; its contents are undefined.
class Block {
public:
    explicit Block(size_t bytes);
    ~Block();
    Block(const Block &) = delete;
    Block &operator=(const Block &) = delete;

    void *pointer() const { return pointer_; }
    size_t bytes() const { return bytes_; }

private:
    void *pointer_ = nullptr;
    size_t bytes_;
};

/// Floats on the device.
class Floats {
public:
    explicit Floats(size_t count) : block_(count * sizeof(float)) {}

    /// Floats of a normal distribution, the same for the same seed.
    Floats(size_t count, unsigned seed, float deviation);

    float *at(size_t offset = 0) const { return static_cast<float *>(block_.pointer()) + offset; }
    size_t count() const { return block_.bytes() / sizeof(float); }
    std::vector<float> values(const Device &device) const;

private:
    Block block_;
};

}  // namespace baseline
