#include "api.hpp"

#include "core/blas.hpp"

cublasStatus_t cublasGetProperty(libraryPropertyType type, int *value) {
    if (auto status = standin::cublas::begin("cublasGetProperty")) {
        return *status;
    }
    std::optional<int> part = standin::version_part(type, CUBLAS_VER_MAJOR, CUBLAS_VER_MINOR, CUBLAS_VER_PATCH);
    if (!part) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    *value = *part;
    return CUBLAS_STATUS_SUCCESS;
}

const char *cublasGetStatusName(cublasStatus_t status) {
    return standin::status_name(status);
}

const char *cublasGetStatusString(cublasStatus_t status) {
    return standin::status_text(status);
}
