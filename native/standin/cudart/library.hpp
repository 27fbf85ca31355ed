// Loaded images of kernels.
#pragma once

#include "api.hpp"

#include "nvrtc/shim/module.hpp"

namespace standin::cudart {

/// A kernel of a loaded library; callers hold its address as cudaKernel_t.
struct Function {
    const kernel::Module *module;
    const kernel::Kernel *kernel;
    size_t most_dynamic;  // bytes of dynamic shared memory a launch may ask for
};

/// A live function; null, with a breach recorded, where there is none.
std::shared_ptr<Function> find_function(const char *caller, const void *handle);

constexpr size_t default_shared_bytes = 48 << 10;

inline size_t static_shared(const kernel::Module &module) {
    return module.shared_end - module.shared_begin;
}

}  // namespace standin::cudart
