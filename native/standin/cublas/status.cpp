#include "api.hpp"

#include "core/blas.hpp"

const char *cublasGetStatusName(cublasStatus_t status) {
    return standin::status_name(status);
}

const char *cublasGetStatusString(cublasStatus_t status) {
    return standin::status_text(status);
}
