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

size_t cublasLtGetCudartVersion() {
    return CUBLAS_VER_MAJOR * 1000;
}

cublasStatus_t cublasLtGetProperty(libraryPropertyType type, int *value) {
    if (auto status = begin("cublasLtGetProperty")) {
        return *status;
    }
    std::optional<int> part = standin::version_part(type, CUBLAS_VER_MAJOR, CUBLAS_VER_MINOR, CUBLAS_VER_PATCH);
    if (!part) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    *value = *part;
    return CUBLAS_STATUS_SUCCESS;
}

const char *cublasLtGetStatusName(cublasStatus_t status) {
    return standin::status_name(status);
}

const char *cublasLtGetStatusString(cublasStatus_t status) {
    return standin::status_text(status);
}
