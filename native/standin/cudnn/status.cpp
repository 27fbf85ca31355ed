// Names of statuses and the text of the last error.
#include "api.hpp"

#include <cstring>

namespace standin::dnn {
namespace {

thread_local std::string last_error;

struct Name {
    int status;
    const char *name;
};

#define NAME(status) \
    { int(CUDNN_STATUS_##status), "CUDNN_STATUS_" #status }

const Name names[] = {
    NAME(SUCCESS),
    NAME(NOT_INITIALIZED),
    NAME(SUBLIBRARY_VERSION_MISMATCH),
    NAME(SERIALIZATION_VERSION_MISMATCH),
    NAME(DEPRECATED),
    NAME(LICENSE_ERROR),
    NAME(RUNTIME_IN_PROGRESS),
    NAME(RUNTIME_FP_OVERFLOW),
    NAME(SUBLIBRARY_LOADING_FAILED),
    NAME(BAD_PARAM),
    {2001, "CUDNN_STATUS_INVALID_VALUE"},
    NAME(BAD_PARAM_NULL_POINTER),
    NAME(BAD_PARAM_MISALIGNED_POINTER),
    NAME(BAD_PARAM_NOT_FINALIZED),
    NAME(BAD_PARAM_OUT_OF_BOUND),
    NAME(BAD_PARAM_SIZE_INSUFFICIENT),
    NAME(BAD_PARAM_STREAM_MISMATCH),
    NAME(BAD_PARAM_SHAPE_MISMATCH),
    NAME(BAD_PARAM_DUPLICATED_ENTRIES),
    NAME(BAD_PARAM_ATTRIBUTE_TYPE),
    NAME(BAD_PARAM_CUDA_GRAPH_MISMATCH),
    NAME(BAD_PARAM_DESCRIPTOR_TYPE),
    NAME(NOT_SUPPORTED),
    NAME(NOT_SUPPORTED_GRAPH_PATTERN),
    NAME(NOT_SUPPORTED_SHAPE),
    NAME(NOT_SUPPORTED_DATA_TYPE),
    NAME(NOT_SUPPORTED_LAYOUT),
    NAME(NOT_SUPPORTED_INCOMPATIBLE_CUDA_DRIVER),
    NAME(NOT_SUPPORTED_INCOMPATIBLE_CUDART),
    NAME(NOT_SUPPORTED_ARCH_MISMATCH),
    NAME(NOT_SUPPORTED_RUNTIME_PREREQUISITE_MISSING),
    NAME(NOT_SUPPORTED_SUBLIBRARY_UNAVAILABLE),
    NAME(NOT_SUPPORTED_SHARED_MEMORY_INSUFFICIENT),
    NAME(NOT_SUPPORTED_PADDING),
    NAME(NOT_SUPPORTED_BAD_LAUNCH_PARAM),
    NAME(NOT_SUPPORTED_CUDA_GRAPH_NATIVE_API),
    NAME(NOT_SUPPORTED_INVALID_DYNAMIC_SHAPE),
    NAME(INTERNAL_ERROR),
    NAME(INTERNAL_ERROR_COMPILATION_FAILED),
    NAME(INTERNAL_ERROR_UNEXPECTED_VALUE),
    NAME(INTERNAL_ERROR_HOST_ALLOCATION_FAILED),
    NAME(INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED),
    NAME(INTERNAL_ERROR_BAD_LAUNCH_PARAM),
    NAME(INTERNAL_ERROR_TEXTURE_CREATION_FAILED),
    NAME(EXECUTION_FAILED),
    NAME(EXECUTION_FAILED_CUDA_DRIVER),
    NAME(EXECUTION_FAILED_CUBLAS),
    NAME(EXECUTION_FAILED_CUDART),
    NAME(EXECUTION_FAILED_CURAND),
};

}  // namespace

cudnnStatus_t fail(const char *function, cudnnStatus_t status, const std::string &why) {
    last_error = std::string("host stand-in: ") + function + ": " + why;
    return status;
}

cudnnStatus_t injected(const char *function, int status) {
    return fail(function, static_cast<cudnnStatus_t>(status), "a failure that a test planned");
}

cudnnStatus_t queued(const char *function, bool accepted) {
    return accepted ? CUDNN_STATUS_SUCCESS
                    : fail(function, CUDNN_STATUS_EXECUTION_FAILED_CUDART, "the device did not take the work");
}

}  // namespace standin::dnn

using namespace standin::dnn;

const char *cudnnGetErrorString(cudnnStatus_t status) {
    for (const Name &entry : names) {
        if (entry.status == int(status)) {
            return entry.name;
        }
    }
    return "CUDNN_UNKNOWN_STATUS";
}

void cudnnGetLastErrorString(char *message, size_t max_size) {
    if (message == nullptr || max_size == 0) {
        return;
    }
    size_t length = std::min(last_error.size(), max_size - 1);
    std::memcpy(message, last_error.data(), length);
    message[length] = 0;
    last_error.clear();
}
