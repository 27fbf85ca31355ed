#include "core/memory.hpp"
#include "core/work.hpp"
#include "grid.hpp"
#include "library.hpp"

#include <cstring>

using namespace standin::cudart;
using standin::Region;

namespace {

constexpr size_t most_shared_bytes = 227 << 10;

/// Copies of a launch's arguments.
class Arguments {
public:
    Arguments(const standin::kernel::Kernel &kernel, void **values) {
        for (int i = 0; i < kernel.count; i++) {
            size_t bytes = kernel.arguments[i].bytes;
            std::vector<std::max_align_t> copy((bytes + sizeof(std::max_align_t) - 1) / sizeof(std::max_align_t));
            std::memcpy(copy.data(), values[i], bytes);
            copies_.push_back(std::move(copy));
        }
    }

    std::vector<void *> pointers() {
        std::vector<void *> all;
        for (auto &copy : copies_) {
            all.push_back(copy.data());
        }
        return all;
    }

private:
    std::vector<std::vector<std::max_align_t>> copies_;
};

/// Where arguments that are pointers point to: at least a byte of a live allocation.
std::vector<Region> regions(const standin::kernel::Kernel &kernel, void **values) {
    std::vector<Region> all;
    for (int i = 0; i < kernel.count; i++) {
        void *pointer = nullptr;
        if (kernel.arguments[i].pointer) {
            std::memcpy(&pointer, values[i], sizeof pointer);
        }
        if (pointer != nullptr) {
            all.push_back({pointer, 1, "a pointer among the arguments"});
        }
    }
    return all;
}

bool fits(const dim3 &grid, const dim3 &block) {
    return block.x >= 1 && block.y >= 1 && block.z >= 1 && block.x <= 1024 && block.y <= 1024 && block.z <= 64
        && size_t(block.x) * block.y * block.z <= 1024 && grid.x >= 1 && grid.y >= 1 && grid.z >= 1 && grid.x <= 2147483647
        && grid.y <= 65535 && grid.z <= 65535;
}

cudaError_t set_dynamic(const char *caller, const void *kernel, cudaFuncAttribute attribute, int value) {
    std::shared_ptr<Function> function = find_function(caller, kernel);
    if (function == nullptr) {
        return cudaErrorInvalidResourceHandle;
    }
    if (attribute == cudaFuncAttributePreferredSharedMemoryCarveout) {
        return value >= -1 && value <= 100 ? cudaSuccess : cudaErrorInvalidValue;
    }
    if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0
        || value + static_shared(*function->module) > most_shared_bytes) {
        return cudaErrorInvalidValue;
    }
    function->most_dynamic = value;
    return cudaSuccess;
}

}  // namespace

cudaError_t cudaKernelSetAttributeForDevice(cudaKernel_t kernel, cudaFuncAttribute attribute, int value, int device) {
    if (auto status = begin("cudaKernelSetAttributeForDevice")) {
        return *status;
    }
    return report(device != 0 ? cudaErrorInvalidDevice : set_dynamic("cudaKernelSetAttributeForDevice", kernel, attribute, value));
}

cudaError_t cudaLaunchKernel(const void *function, dim3 grid, dim3 block, void **arguments, size_t shared, cudaStream_t stream) {
    if (auto status = begin("cudaLaunchKernel")) {
        return *status;
    }
    std::shared_ptr<Function> found = find_function("cudaLaunchKernel", function);
    if (found == nullptr) {
        return report(cudaErrorInvalidDeviceFunction);
    }
    if (!fits(grid, block)) {
        return report(cudaErrorInvalidConfiguration);
    }
    if (shared > found->most_dynamic || (arguments == nullptr && found->kernel->count > 0)) {
        return report(cudaErrorInvalidValue);
    }
    auto copies = std::make_shared<Arguments>(*found->kernel, arguments);
    Size blocks{grid.x, grid.y, grid.z}, threads{block.x, block.y, block.z};
    std::string name = std::string("kernel ") + found->kernel->name;
    std::weak_ptr<Function> waiting = found;
    standin::enqueue(stream, name.c_str(), regions(*found->kernel, arguments), [=] {
        std::shared_ptr<Function> live = waiting.lock();
        if (live == nullptr) {
            standin::violate(name + ": its library was unloaded while it waited to run");
            return;
        }
        Grid(*live->module, *live->kernel, blocks, threads, shared).run(copies->pointers().data());
    });
    return report(cudaSuccess);
}
