// Handles, versions and version checks.
#include "handle.hpp"

#include <cuda_runtime_api.h>

namespace standin::dnn {

Registry<cudnnContext> &handles() {
    static auto &live = *new Registry<cudnnContext>("cuDNN handle");
    return live;
}

bool live(const char *function, cudnnHandle_t handle) {
    return handle != nullptr && handles().find(function, handle) != nullptr;
}

}  // namespace standin::dnn

using namespace standin::dnn;

cudnnStatus_t cudnnCreate(cudnnHandle_t *handle) {
    DNN_ENTER();
    DNN_BAD(handle == nullptr);
    DNN_REFUSE(standin::lost(), CUDNN_STATUS_NOT_INITIALIZED);
    *handle = handles().create();
    return CUDNN_STATUS_SUCCESS;
}

// The real function also waits for the device; nobody may rely on that, so work stays queued here.
cudnnStatus_t cudnnDestroy(cudnnHandle_t handle) {
    return destroy(__func__, handles(), handle);
}

// Work that does nothing finds out whether the stream is live.
cudnnStatus_t cudnnSetStream(cudnnHandle_t handle, cudaStream_t streamId) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle));
    DNN_BAD(!standin::enqueue(streamId, __func__, {}, [] {}));
    handle->stream = streamId;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetStream(cudnnHandle_t handle, cudaStream_t *streamId) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle) || streamId == nullptr);
    *streamId = handle->stream;
    return CUDNN_STATUS_SUCCESS;
}

size_t cudnnGetVersion(void) {
    return CUDNN_VERSION;
}

size_t cudnnGetCudartVersion(void) {
    return CUDART_VERSION;
}

cudnnStatus_t cudnnGetProperty(libraryPropertyType type, int *value) {
    DNN_ENTER();
    DNN_BAD(value == nullptr);
    switch (type) {
        case MAJOR_VERSION: *value = CUDNN_MAJOR; return CUDNN_STATUS_SUCCESS;
        case MINOR_VERSION: *value = CUDNN_MINOR; return CUDNN_STATUS_SUCCESS;
        case PATCH_LEVEL: *value = CUDNN_PATCHLEVEL; return CUDNN_STATUS_SUCCESS;
    }
    return fail(__func__, CUDNN_STATUS_BAD_PARAM, "no such property");
}

cudnnStatus_t cudnnOpsVersionCheck(void) {
    DNN_ENTER();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnAdvVersionCheck(void) {
    DNN_ENTER();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGraphVersionCheck(void) {
    DNN_ENTER();
    return CUDNN_STATUS_SUCCESS;
}
