// The real header, its functions exported, and what a handle holds.
#pragma once

#pragma GCC visibility push(default)
#include <cublas_v2.h>
#pragma GCC visibility pop

#include "core/standin.hpp"

struct cublasContext {
    cudaStream_t stream = nullptr;
    cublasMath_t math = CUBLAS_DEFAULT_MATH;
};

namespace standin::cublas {

/// Counts a call; a value is the status to return at once: one that a test planned, or that of a lost device.
std::optional<cublasStatus_t> begin(const char *function);

/// A live handle, or null with a breach on record.
cublasContext *find(const char *function, cublasHandle_t handle);

}  // namespace standin::cublas
