#include "api.hpp"

#include "core/blas.hpp"

using namespace standin::cublaslt;

namespace standin::cublaslt {

Registry<Handle> &handles() {
    static auto &instance = *new Registry<Handle>("cublasLt-handle");
    return instance;
}

std::optional<cublasStatus_t> begin(const char *function) {
    if (auto status = enter(function)) {
        return static_cast<cublasStatus_t>(*status);
    }
    return lost() ? std::optional(CUBLAS_STATUS_EXECUTION_FAILED) : std::nullopt;
}

}  // namespace standin::cublaslt

cublasStatus_t cublasLtCreate(cublasLtHandle_t *handle) {
    if (auto status = begin("cublasLtCreate")) {
        return *status;
    }
    if (handle == nullptr) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    *handle = reinterpret_cast<cublasLtHandle_t>(handles().create());
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t cublasLtDestroy(cublasLtHandle_t handle) {
    auto status = begin("cublasLtDestroy");
    bool live = handles().destroy("cublasLtDestroy", handle);
    return status ? *status : live ? CUBLAS_STATUS_SUCCESS : CUBLAS_STATUS_NOT_INITIALIZED;
}

size_t cublasLtGetVersion() {
    return CUBLAS_VERSION;
}
