#include "api.hpp"

namespace standin::cublaslt {

cublasStatus_t Attributes::set(int attribute, const void *buffer, size_t bytes) {
    auto found = values_.find(attribute);
    if (found == values_.end() || buffer == nullptr || bytes != found->second.size()) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    std::memcpy(found->second.data(), buffer, bytes);
    return CUBLAS_STATUS_SUCCESS;
}

cublasStatus_t Attributes::get(int attribute, void *buffer, size_t bytes, size_t *written) const {
    auto found = values_.find(attribute);
    if (found == values_.end() || (bytes == 0 ? written == nullptr : buffer == nullptr || bytes != found->second.size())) {
        return CUBLAS_STATUS_INVALID_VALUE;
    }
    if (bytes > 0) {
        std::memcpy(buffer, found->second.data(), bytes);
    }
    if (written != nullptr) {
        *written = found->second.size();
    }
    return CUBLAS_STATUS_SUCCESS;
}

}  // namespace standin::cublaslt
