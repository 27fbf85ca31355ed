#include "api.hpp"

#include "core/memory.hpp"
#include "core/work.hpp"

#include <cstring>

using namespace standin::cudart;
using standin::Region;
using standin::memory::Place;
namespace memory = standin::memory;
namespace work = standin::work;

namespace {

/// Rows of `width` bytes, `pitch` bytes apart.
struct Rows {
    char *begin;
    size_t pitch;
    size_t width;
    size_t height;

    size_t extent() const {
        return height == 0 || width == 0 ? 0 : pitch * (height - 1) + width;
    }
};

void copy_rows(const Rows &to, const Rows &from) {
    for (size_t row = 0; row < to.height; row++) {
        std::memmove(to.begin + row * to.pitch, from.begin + row * from.pitch, to.width);
    }
}

std::optional<Place> place_of(const void *pointer) {
    std::lock_guard<std::recursive_mutex> guard(memory::mutex());
    memory::Block *block = memory::find(pointer);
    return block == nullptr ? std::nullopt : std::optional(block->place);
}

/// Whether the device side of a copy is what the copy's kind says; a breach is recorded where not.
bool fits(const char *function, const char *name, std::optional<Place> place, bool device) {
    if ((place == Place::device) == device || (device && place == Place::pinned)) {
        return true;
    }
    standin::violate(std::string(function) + ": the " + name + " is " + (device ? "not " : "") + "memory of the device, but the kind of copy says "
        + (device ? "it is" : "it is the host's"));
    return false;
}

cudaError_t copy(const char *function, Rows to, Rows from, cudaMemcpyKind kind, cudaStream_t stream, bool wait) {
    if (kind < cudaMemcpyHostToHost || kind > cudaMemcpyDefault) {
        return report(cudaErrorInvalidMemcpyDirection);
    }
    if (to.extent() == 0) {
        return report(cudaSuccess);
    }
    if (to.begin == nullptr || from.begin == nullptr) {
        return report(cudaErrorInvalidValue);
    }
    std::optional<Place> target = place_of(to.begin);
    std::optional<Place> source = place_of(from.begin);
    bool to_device = kind == cudaMemcpyDefault ? target == Place::device : kind == cudaMemcpyHostToDevice || kind == cudaMemcpyDeviceToDevice;
    bool from_device = kind == cudaMemcpyDefault ? source == Place::device : kind == cudaMemcpyDeviceToHost || kind == cudaMemcpyDeviceToDevice;
    if (!fits(function, "target", target, to_device) || !fits(function, "source", source, from_device)) {
        return report(cudaErrorInvalidValue);
    }
    std::vector<Region> regions;
    if (target) {
        regions.push_back({to.begin, to.extent(), "the target"});
    }
    std::shared_ptr<standin::Work> queued;
    if (source) {
        regions.push_back({from.begin, from.extent(), "the source"});
        queued = work::submit(stream, function, std::move(regions), [to, from] { copy_rows(to, from); });
    } else {
        // Pageable memory is read before the call returns.
        auto staged = standin::copied(from.begin, from.extent());
        queued = work::submit(stream, function, std::move(regions), [to, from, staged]() mutable {
            copy_rows(to, {staged.data(), from.pitch, from.width, from.height});
        });
    }
    bool within_host = !to_device && !from_device;
    bool within_device = to_device && from_device;
    if (within_host || !target || (wait && !within_device)) {
        work::finish(queued);
    }
    return report(cudaSuccess);
}

Rows row(const void *begin, size_t bytes) {
    return {static_cast<char *>(const_cast<void *>(begin)), bytes, bytes, 1};
}

std::shared_ptr<standin::Work> fill(const char *function, void *pointer, int value, size_t bytes, cudaStream_t stream) {
    return work::submit(stream, function, {{pointer, bytes, "the target"}}, [=] {
        if (bytes > 0) {
            std::memset(pointer, value, bytes);
        }
    });
}

}  // namespace

// Waits, save within the device.
cudaError_t cudaMemcpy(void *to, const void *from, size_t bytes, cudaMemcpyKind kind) {
    if (auto status = begin("cudaMemcpy")) {
        return *status;
    }
    return copy("cudaMemcpy", row(to, bytes), row(from, bytes), kind, nullptr, true);
}

cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
    if (auto status = begin("cudaMemcpyAsync")) {
        return *status;
    }
    return copy("cudaMemcpyAsync", row(to, bytes), row(from, bytes), kind, stream, false);
}

cudaError_t cudaMemcpy2DAsync(void *to, size_t to_pitch, const void *from, size_t from_pitch, size_t width, size_t height,
    cudaMemcpyKind kind, cudaStream_t stream) {
    if (auto status = begin("cudaMemcpy2DAsync")) {
        return *status;
    }
    if (width > to_pitch || width > from_pitch) {
        return report(cudaErrorInvalidPitchValue);
    }
    Rows target{static_cast<char *>(to), to_pitch, width, height};
    Rows source{static_cast<char *>(const_cast<void *>(from)), from_pitch, width, height};
    return copy("cudaMemcpy2DAsync", target, source, kind, stream, false);
}

// Waits only where the memory is pinned memory of the host.
cudaError_t cudaMemset(void *pointer, int value, size_t bytes) {
    if (auto status = begin("cudaMemset")) {
        return *status;
    }
    auto queued = fill("cudaMemset", pointer, value, bytes, nullptr);
    if (place_of(pointer) == Place::pinned) {
        work::finish(queued);
    }
    return report(cudaSuccess);
}

cudaError_t cudaMemsetAsync(void *pointer, int value, size_t bytes, cudaStream_t stream) {
    if (auto status = begin("cudaMemsetAsync")) {
        return *status;
    }
    fill("cudaMemsetAsync", pointer, value, bytes, stream);
    return report(cudaSuccess);
}
