// The real header, its functions exported, and how each of them begins and ends.
#pragma once

#pragma GCC visibility push(default)
#include <cuda_runtime_api.h>
#pragma GCC visibility pop

#include "core/standin.hpp"

namespace standin::cudart {

/// Counts a call; a value is the error to return at once: one that a test planned, or the loss of the device.
std::optional<cudaError_t> begin(const char *function);

/// Remembers an error as the thread's last one and returns it; once the device is lost it is always that.
cudaError_t report(cudaError_t error);

}  // namespace standin::cudart
