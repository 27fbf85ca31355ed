#include "api.hpp"

#include "core/memory.hpp"
#include "core/work.hpp"

using namespace standin::cudart;
using standin::memory::Place;
namespace memory = standin::memory;

namespace {

cudaError_t allocate_pinned(void **pointer, size_t bytes) {
    if (pointer == nullptr) {
        return report(cudaErrorInvalidValue);
    }
    *pointer = bytes == 0 ? nullptr : memory::allocate(Place::pinned, bytes);
    return report(*pointer == nullptr && bytes > 0 ? cudaErrorMemoryAllocation : cudaSuccess);
}

}  // namespace

cudaError_t cudaMalloc(void **pointer, size_t bytes) {
    if (auto status = begin("cudaMalloc")) {
        return *status;
    }
    if (pointer == nullptr) {
        return report(cudaErrorInvalidValue);
    }
    *pointer = bytes == 0 ? nullptr : memory::allocate(Place::device, bytes);
    return report(*pointer == nullptr && bytes > 0 ? cudaErrorMemoryAllocation : cudaSuccess);
}

// Waits for all work of the device.
cudaError_t cudaFree(void *pointer) {
    auto status = begin("cudaFree");
    standin::work::finish_all();
    if (pointer != nullptr) {
        memory::release("cudaFree", pointer, Place::device);
    }
    return status ? *status : report(cudaSuccess);
}

// Memory that only work queued behind the allocation may touch.
cudaError_t cudaMallocAsync(void **pointer, size_t bytes, cudaStream_t stream) {
    if (auto status = begin("cudaMallocAsync")) {
        return *status;
    }
    if (pointer == nullptr || bytes == 0) {
        return report(cudaErrorInvalidValue);
    }
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    void *begin = memory::allocate(Place::device, bytes);
    if (begin == nullptr) {
        return report(cudaErrorMemoryAllocation);
    }
    memory::find(begin)->ready = false;
    bool queued = standin::enqueue(stream, "cudaMallocAsync", {}, [begin] { memory::find(begin)->ready = true; });
    if (!queued) {
        memory::release("cudaMallocAsync", begin, Place::device);
        return report(cudaErrorInvalidResourceHandle);
    }
    *pointer = begin;
    return cudaSuccess;
}

// The memory ends when the work queued before has run; calls from now on may not name it.
cudaError_t cudaFreeAsync(void *pointer, cudaStream_t stream) {
    auto status = begin("cudaFreeAsync");
    if (pointer == nullptr) {
        return status ? *status : cudaSuccess;
    }
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    memory::Block *block = memory::find(pointer);
    if (block == nullptr || block->begin != pointer || block->place != Place::device || block->released) {
        standin::violate("cudaFreeAsync: the pointer is not the begin of a live allocation of the device");
        return report(cudaErrorInvalidValue);
    }
    bool queued = standin::enqueue(stream, "cudaFreeAsync", {{pointer, 1, "the freed block"}},
        [pointer] { memory::release("cudaFreeAsync", pointer, Place::device); });
    if (queued) {
        memory::find(pointer)->released = true;
    } else {
        memory::release("cudaFreeAsync", pointer, Place::device);
    }
    return status ? *status : report(cudaSuccess);
}

cudaError_t cudaMallocHost(void **pointer, size_t bytes) {
    if (auto status = begin("cudaMallocHost")) {
        return *status;
    }
    return allocate_pinned(pointer, bytes);
}

cudaError_t cudaHostAlloc(void **pointer, size_t bytes, unsigned flags) {
    if (auto status = begin("cudaHostAlloc")) {
        return *status;
    }
    unsigned known = cudaHostAllocPortable | cudaHostAllocMapped | cudaHostAllocWriteCombined;
    return (flags & ~known) != 0 ? report(cudaErrorInvalidValue) : allocate_pinned(pointer, bytes);
}

// Waits for all work of the device, which may still read or write the memory.
cudaError_t cudaFreeHost(void *pointer) {
    auto status = begin("cudaFreeHost");
    standin::work::finish_all();
    if (pointer != nullptr) {
        memory::release("cudaFreeHost", pointer, Place::pinned);
    }
    return status ? *status : report(cudaSuccess);
}
