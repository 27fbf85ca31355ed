#include "api.hpp"

#include <array>
#include <utility>

namespace standin::cudart {
namespace {

thread_local cudaError_t last = cudaSuccess;

struct Name {
    cudaError_t error;
    const char *name;
    const char *text;
};

#define NAMED(error, text) Name{error, #error, text}
constexpr std::array names{
    NAMED(cudaSuccess, "no error"),
    NAMED(cudaErrorInvalidValue, "invalid argument (host stand-in)"),
    NAMED(cudaErrorMemoryAllocation, "out of memory (host stand-in)"),
    NAMED(cudaErrorInitializationError, "initialization error (host stand-in)"),
    NAMED(cudaErrorInvalidConfiguration, "invalid configuration argument (host stand-in)"),
    NAMED(cudaErrorInvalidPitchValue, "invalid pitch argument (host stand-in)"),
    NAMED(cudaErrorInvalidMemcpyDirection, "invalid copy direction for memcpy (host stand-in)"),
    NAMED(cudaErrorInsufficientDriver, "CUDA driver version is insufficient for CUDA runtime version (host stand-in)"),
    NAMED(cudaErrorInvalidDeviceFunction, "invalid device function (host stand-in)"),
    NAMED(cudaErrorNoDevice, "no CUDA-capable device is detected (host stand-in)"),
    NAMED(cudaErrorInvalidDevice, "invalid device ordinal (host stand-in)"),
    NAMED(cudaErrorInvalidKernelImage, "device kernel image is invalid (host stand-in)"),
    NAMED(cudaErrorNoKernelImageForDevice, "no kernel image is available for execution on the device (host stand-in)"),
    NAMED(cudaErrorInvalidResourceHandle, "invalid resource handle (host stand-in)"),
    NAMED(cudaErrorSymbolNotFound, "named symbol not found (host stand-in)"),
    NAMED(cudaErrorNotReady, "device not ready (host stand-in)"),
    NAMED(cudaErrorIllegalAddress, "an illegal memory access was encountered (host stand-in)"),
    NAMED(cudaErrorLaunchOutOfResources, "too many resources requested for launch (host stand-in)"),
    NAMED(cudaErrorLaunchFailure, "unspecified launch failure (host stand-in)"),
    NAMED(cudaErrorNotSupported, "operation not supported (host stand-in)"),
    NAMED(cudaErrorUnknown, "unknown error (host stand-in)"),
};
#undef NAMED

const Name *find(cudaError_t error) {
    for (const Name &name : names) {
        if (name.error == error) {
            return &name;
        }
    }
    return nullptr;
}

}  // namespace

std::optional<cudaError_t> begin(const char *function) {
    if (auto status = enter(function)) {
        return report(static_cast<cudaError_t>(*status));
    }
    return lost() ? std::optional(report(cudaErrorIllegalAddress)) : std::nullopt;
}

cudaError_t report(cudaError_t error) {
    if (lost()) {
        error = cudaErrorIllegalAddress;
    }
    if (error != cudaSuccess && error != cudaErrorNotReady) {
        last = error;
    }
    return error;
}

}  // namespace standin::cudart

using namespace standin::cudart;

cudaError_t cudaGetLastError() {
    if (auto status = begin("cudaGetLastError")) {
        return *status;
    }
    return std::exchange(last, cudaSuccess);
}

const char *cudaGetErrorName(cudaError_t error) {
    const Name *name = find(error);
    return name == nullptr ? "unrecognized error code" : name->name;
}

const char *cudaGetErrorString(cudaError_t error) {
    const Name *name = find(error);
    return name == nullptr ? "unrecognized error code" : name->text;
}
