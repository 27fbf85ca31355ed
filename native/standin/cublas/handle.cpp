#include "api.hpp"

using namespace standin::cublas;

namespace {

standin::Registry<cublasContext> &handles() {
    static auto &instance = *new standin::Registry<cublasContext>("cublas-handle");
    return instance;
}

/// Begins a call on a handle, then runs what it does to it.
template <class Change>
cublasStatus_t on(const char *function, cublasHandle_t handle, Change change) {
    if (auto status = begin(function)) {
        return *status;
    }
    cublasContext *context = find(function, handle);
    return context == nullptr ? CUBLAS_STATUS_NOT_INITIALIZED : change(*context);
}

}  // namespace

namespace standin::cublas {

std::optional<cublasStatus_t> begin(const char *function) {
    if (auto status = enter(function)) {
        return static_cast<cublasStatus_t>(*status);
    }
    return lost() ? std::optional(CUBLAS_STATUS_EXECUTION_FAILED) : std::nullopt;
}

cublasContext *find(const char *function, cublasHandle_t handle) {
    return handles().find(function, handle);
}

}  // namespace standin::cublas

cublasStatus_t cublasCreate_v2(cublasHandle_t *handle) {
    if (auto status = begin("cublasCreate_v2")) {
        return *status;
    }
    if (handle == nullptr) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    *handle = handles().create();
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
    auto status = begin("cublasDestroy_v2");
    bool live = handles().destroy("cublasDestroy_v2", handle);
    return status ? *status : live ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
    return on("cublasSetStream_v2", handle, [&](cublasContext &context) {
        context.stream = stream;
        return CUBLAS_STATUS_SUCCESS;
    });
}

cublasStatus_t cublasSetMathMode(cublasHandle_t handle, cublasMath_t mode) {
    return on("cublasSetMathMode", handle, [&](cublasContext &context) {
        int plain = mode & ~CUBLAS_MATH_DISALLOW_REDUCED_PRECISION_REDUCTION;
        if (plain < CUBLAS_DEFAULT_MATH || plain > CUBLAS_TF32_TENSOR_OP_MATH) {
            return CUBLAS_STATUS_INVALID_VALUE;
        }
        context.math = mode;
        return CUBLAS_STATUS_SUCCESS;
    });
}
