// Handles, tensor and dropout descriptors, statuses and versions.
#include "buffer.hpp"

namespace {

using test::Buffer;

std::string last_error() {
    char message[256];
    cudnnGetLastErrorString(message, sizeof message);
    return message;
}

cudnnStatus_t set(cudnnTensorDescriptor_t tensor, std::vector<int> sizes, std::vector<int> strides) {
    return cudnnSetTensorNdDescriptor(tensor, CUDNN_DATA_FLOAT, int(sizes.size()), sizes.data(), strides.data());
}

CASE(tensor_descriptors_give_back_what_they_were_set_to) {
    cudnnTensorDescriptor_t tensor;
    OK(cudnnCreateTensorDescriptor(&tensor));
    OK(set(tensor, {2, 3, 4}, {24, 8, 2}));
    cudnnDataType_t type;
    int count, sizes[8], strides[8];
    OK(cudnnGetTensorNdDescriptor(tensor, 8, &type, &count, sizes, strides));
    EXPECT_TRUE(count == 3 && type == CUDNN_DATA_FLOAT);
    EXPECT_TRUE(sizes[0] == 2 && sizes[1] == 3 && sizes[2] == 4 && strides[0] == 24 && strides[1] == 8 && strides[2] == 2);
    int image[] = {2, 3, 4, 5};
    OK(cudnnSetTensorNdDescriptorEx(tensor, CUDNN_TENSOR_NHWC, CUDNN_DATA_HALF, 4, image));
    OK(cudnnGetTensorNdDescriptor(tensor, 2, &type, &count, sizes, strides));
    EXPECT_TRUE(count == 4 && type == CUDNN_DATA_HALF && strides[0] == 60 && strides[1] == 1 && strides[2] == 2);
    OK(cudnnGetTensorNdDescriptor(tensor, 8, &type, &count, sizes, strides));
    EXPECT_TRUE(strides[2] == 15 && strides[3] == 3);
    OK(cudnnSetTensor4dDescriptor(tensor, CUDNN_TENSOR_NCHW, CUDNN_DATA_DOUBLE, 2, 3, 4, 5));
    OK(cudnnGetTensorNdDescriptor(tensor, 8, &type, &count, sizes, strides));
    EXPECT_TRUE(strides[0] == 60 && strides[1] == 20 && strides[2] == 5 && strides[3] == 1);
    OK(cudnnDestroyTensorDescriptor(tensor));
}

CASE(tensor_descriptors_refuse_what_cudnn_refuses) {
    cudnnTensorDescriptor_t tensor;
    OK(cudnnCreateTensorDescriptor(&tensor));
    EXPECT_EQUAL(set(tensor, {2}, {1}), CUDNN_STATUS_BAD_PARAM);
    EXPECT_CONTAINS(last_error(), "host stand-in: cudnnSetTensorNdDescriptor: nbDims < 2");
    EXPECT_EQUAL(last_error(), std::string());
    EXPECT_EQUAL(set(tensor, {2, 0, 4}, {12, 4, 1}), CUDNN_STATUS_BAD_PARAM);
    EXPECT_EQUAL(set(tensor, {2, 3, 4}, {0, 4, 1}), CUDNN_STATUS_BAD_PARAM);
    EXPECT_EQUAL(set(tensor, {65536, 65536, 1}, {65536, 1, 1}), CUDNN_STATUS_NOT_SUPPORTED);
    EXPECT_EQUAL(set(tensor, std::vector<int>(9, 1), std::vector<int>(9, 1)), CUDNN_STATUS_NOT_SUPPORTED);
    OK(cudnnDestroyTensorDescriptor(tensor));
}

CASE(objects_that_are_not_live_lose_the_device) {
    cudnnTensorDescriptor_t tensor;
    OK(cudnnCreateTensorDescriptor(&tensor));
    EXPECT_CONTAINS(gatun_standin_live(), "cuDNN tensor descriptor");
    OK(cudnnDestroyTensorDescriptor(tensor));
    EXPECT_TRUE(std::string(gatun_standin_live()).find("tensor") == std::string::npos);
    EXPECT_EQUAL(cudnnDestroyTensorDescriptor(tensor), CUDNN_STATUS_BAD_PARAM);
    EXPECT_CONTAINS(gatun_standin_violations(), "not a live cuDNN tensor descriptor");
    cudnnHandle_t handle = nullptr;
    EXPECT_EQUAL(cudnnCreate(&handle), CUDNN_STATUS_NOT_INITIALIZED);
    gatun_standin_reset();
    OK(cudnnCreate(&handle));
    OK(cudnnDestroy(handle));
    OK(cudnnDestroy(nullptr));
}

CASE(a_destruction_that_fails_destroys_all_the_same) {
    cudnnTensorDescriptor_t tensor;
    OK(cudnnCreateTensorDescriptor(&tensor));
    gatun_standin_fail("cudnnDestroyTensorDescriptor", 1, 0);
    EXPECT_EQUAL(cudnnDestroyTensorDescriptor(tensor), CUDNN_STATUS_INTERNAL_ERROR);
    EXPECT_TRUE(std::string(gatun_standin_live()).find("tensor") == std::string::npos);
}

CASE(dropout_states_are_initialised_by_queued_work) {
    cudnnHandle_t handle;
    OK(cudnnCreate(&handle));
    cudnnDropoutDescriptor_t dropout;
    OK(cudnnCreateDropoutDescriptor(&dropout));
    size_t bytes;
    OK(cudnnDropoutGetStatesSize(handle, &bytes));
    Buffer states(CUDNN_DATA_DOUBLE, bytes / 8);
    EXPECT_EQUAL(cudnnSetDropoutDescriptor(dropout, handle, 0.25f, states.pointer(), bytes - 1, 3), CUDNN_STATUS_BAD_PARAM);
    EXPECT_EQUAL(cudnnSetDropoutDescriptor(dropout, handle, 1.5f, states.pointer(), bytes, 3), CUDNN_STATUS_BAD_PARAM);
    OK(cudnnSetDropoutDescriptor(dropout, handle, 0.25f, states.pointer(), bytes, 3));
    float rate;
    void *where;
    unsigned long long seed;
    OK(cudnnGetDropoutDescriptor(dropout, handle, &rate, &where, &seed));
    EXPECT_TRUE(rate == 0.25f && where == states.pointer() && seed == 3);
    EXPECT_EQUAL(cudaStreamQuery(nullptr), cudaErrorNotReady);
    EXPECT_EQUAL(cudaDeviceSynchronize(), cudaSuccess);
    OK(cudnnDestroyDropoutDescriptor(dropout));
    OK(cudnnDestroy(handle));
}

CASE(streams_that_are_not_live_are_refused) {
    cudnnHandle_t handle;
    OK(cudnnCreate(&handle));
    cudaStream_t stream;
    EXPECT_EQUAL(cudaStreamCreate(&stream), cudaSuccess);
    EXPECT_EQUAL(cudaStreamDestroy(stream), cudaSuccess);
    EXPECT_EQUAL(cudnnSetStream(handle, stream), CUDNN_STATUS_BAD_PARAM);
    EXPECT_CONTAINS(gatun_standin_violations(), "not a live stream");
    gatun_standin_reset();
    OK(cudnnDestroy(handle));
}

CASE(names_and_versions) {
    EXPECT_EQUAL(std::string(cudnnGetErrorString(CUDNN_STATUS_NOT_SUPPORTED)), "CUDNN_STATUS_NOT_SUPPORTED");
    EXPECT_EQUAL(std::string(cudnnGetErrorString(CUDNN_STATUS_EXECUTION_FAILED_CUDART)), "CUDNN_STATUS_EXECUTION_FAILED_CUDART");
    EXPECT_EQUAL(std::string(cudnnGetErrorString(static_cast<cudnnStatus_t>(77))), "CUDNN_UNKNOWN_STATUS");
    EXPECT_EQUAL(cudnnGetVersion(), size_t(CUDNN_VERSION));
    EXPECT_EQUAL(cudnnGetCudartVersion(), size_t(CUDART_VERSION));
    int major = 0;
    OK(cudnnGetProperty(MAJOR_VERSION, &major));
    EXPECT_EQUAL(major, CUDNN_MAJOR);
    EXPECT_EQUAL(cudnnGetProperty(static_cast<libraryPropertyType>(9), &major), CUDNN_STATUS_BAD_PARAM);
    OK(cudnnOpsVersionCheck());
    OK(cudnnAdvVersionCheck());
    OK(cudnnGraphVersionCheck());
}

}  // namespace
