// A cuDNN handle: the stream its work goes to.
#pragma once

#include "api.hpp"

struct cudnnContext {
    cudaStream_t stream = nullptr;
};

namespace standin::dnn {

/// The live handles.
Registry<cudnnContext> &handles();

/// Whether a handle is a live one; a breach is recorded for any other but null.
bool live(const char *function, cudnnHandle_t handle);

}  // namespace standin::dnn
