#include "api.hpp"

#include "core/memory.hpp"
#include "core/work.hpp"

#include <cstdio>
#include <cstring>

using namespace standin::cudart;

namespace {

constexpr int warp = 32;
constexpr int processors = 132;
constexpr int shared_bytes = 48 << 10;
constexpr int shared_bytes_at_most = 227 << 10;

std::optional<int> attribute(cudaDeviceAttr attribute) {
    switch (attribute) {
        case cudaDevAttrComputeCapabilityMajor: return 9;
        case cudaDevAttrComputeCapabilityMinor: return 0;
        case cudaDevAttrMultiProcessorCount: return processors;
        case cudaDevAttrWarpSize: return warp;
        case cudaDevAttrMaxThreadsPerBlock:
        case cudaDevAttrMaxBlockDimX:
        case cudaDevAttrMaxBlockDimY: return 1024;
        case cudaDevAttrMaxBlockDimZ: return 64;
        case cudaDevAttrMaxGridDimX: return 2147483647;
        case cudaDevAttrMaxGridDimY:
        case cudaDevAttrMaxGridDimZ: return 65535;
        case cudaDevAttrMaxSharedMemoryPerBlock: return shared_bytes;
        case cudaDevAttrMaxSharedMemoryPerBlockOptin: return shared_bytes_at_most;
        case cudaDevAttrMaxSharedMemoryPerMultiprocessor: return 228 << 10;
        case cudaDevAttrReservedSharedMemoryPerBlock: return 1 << 10;
        case cudaDevAttrMaxRegistersPerBlock:
        case cudaDevAttrMaxRegistersPerMultiprocessor: return 65536;
        case cudaDevAttrMaxThreadsPerMultiProcessor: return 2048;
        case cudaDevAttrMaxBlocksPerMultiprocessor: return 32;
        case cudaDevAttrTotalConstantMemory: return 65536;
        case cudaDevAttrClockRate: return 1980000;
        case cudaDevAttrMemoryClockRate: return 2619000;
        case cudaDevAttrGlobalMemoryBusWidth: return 5120;
        case cudaDevAttrL2CacheSize: return 50 << 20;
        case cudaDevAttrAsyncEngineCount: return 3;
        case cudaDevAttrConcurrentKernels:
        case cudaDevAttrCanMapHostMemory:
        case cudaDevAttrUnifiedAddressing:
        case cudaDevAttrComputePreemptionSupported:
        case cudaDevAttrStreamPrioritiesSupported:
        case cudaDevAttrMemoryPoolsSupported: return 1;
        case cudaDevAttrIntegrated:
        case cudaDevAttrEccEnabled:
        case cudaDevAttrKernelExecTimeout:
        case cudaDevAttrManagedMemory:
        case cudaDevAttrCooperativeLaunch:
        case cudaDevAttrComputeMode:
        case cudaDevAttrPciDomainId:
        case cudaDevAttrPciBusId:
        case cudaDevAttrPciDeviceId: return 0;
        default: return std::nullopt;
    }
}

}  // namespace

cudaError_t cudaGetDeviceCount(int *count) {
    if (auto status = begin("cudaGetDeviceCount")) {
        return *status;
    }
    *count = 1;
    return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
    if (auto status = begin("cudaSetDevice")) {
        return *status;
    }
    return report(device == 0 ? cudaSuccess : cudaErrorInvalidDevice);
}

cudaError_t cudaGetDevice(int *device) {
    if (auto status = begin("cudaGetDevice")) {
        return *status;
    }
    *device = 0;
    return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int *value, cudaDeviceAttr name, int device) {
    if (auto status = begin("cudaDeviceGetAttribute")) {
        return *status;
    }
    std::optional<int> known = attribute(name);
    if (device != 0 || !known) {
        return report(device != 0 ? cudaErrorInvalidDevice : cudaErrorInvalidValue);
    }
    *value = *known;
    return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int device) {
    if (auto status = begin("cudaGetDeviceProperties")) {
        return *status;
    }
    if (device != 0) {
        return report(cudaErrorInvalidDevice);
    }
    *properties = {};
    std::snprintf(properties->name, sizeof properties->name, "host stand-in");
    std::memset(&properties->uuid, 0x5A, sizeof properties->uuid);
    properties->totalGlobalMem = standin::memory::total();
    properties->sharedMemPerBlock = shared_bytes;
    properties->sharedMemPerBlockOptin = shared_bytes_at_most;
    properties->sharedMemPerMultiprocessor = 228 << 10;
    properties->regsPerBlock = properties->regsPerMultiprocessor = 65536;
    properties->warpSize = warp;
    properties->maxThreadsPerBlock = 1024;
    properties->maxThreadsPerMultiProcessor = 2048;
    properties->multiProcessorCount = processors;
    properties->major = 9;
    properties->minor = 0;
    properties->totalConstMem = 65536;
    properties->memoryBusWidth = 5120;
    properties->l2CacheSize = 50 << 20;
    properties->canMapHostMemory = properties->unifiedAddressing = properties->memoryPoolsSupported = 1;
    const int block[] = {1024, 1024, 64};
    const int grid[] = {2147483647, 65535, 65535};
    std::memcpy(properties->maxThreadsDim, block, sizeof block);
    std::memcpy(properties->maxGridSize, grid, sizeof grid);
    return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t *free, size_t *total) {
    if (auto status = begin("cudaMemGetInfo")) {
        return *status;
    }
    size_t used = standin::memory::used();
    *total = standin::memory::total();
    *free = used < *total ? *total - used : 0;
    return cudaSuccess;
}

cudaError_t cudaDeviceSynchronize() {
    if (auto status = begin("cudaDeviceSynchronize")) {
        return *status;
    }
    standin::work::finish_all();
    return report(cudaSuccess);
}

cudaError_t cudaRuntimeGetVersion(int *version) {
    if (auto status = begin("cudaRuntimeGetVersion")) {
        return *status;
    }
    *version = CUDART_VERSION;
    return cudaSuccess;
}

cudaError_t cudaDriverGetVersion(int *version) {
    if (auto status = begin("cudaDriverGetVersion")) {
        return *status;
    }
    *version = CUDART_VERSION;
    return cudaSuccess;
}
