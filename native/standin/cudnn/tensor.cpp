// Tensor descriptors. What is refused, and how, was observed of cuDNN 9.28, which does this without a GPU.
#include "tensor.hpp"

#include <algorithm>
#include <climits>

namespace standin::dnn {
namespace {

// Largest number of elements that a descriptor may span.
constexpr long long most_elements = 1LL << 31;

bool known(cudnnDataType_t type) {
    return type >= CUDNN_DATA_FLOAT && type <= CUDNN_DATA_FP8_E5M3;
}

bool too_large(const std::vector<int> &sizes, const std::vector<int> &strides) {
    long long last = 0;
    for (size_t i = 0; i < sizes.size(); i++) {
        last += std::abs(static_cast<long long>(sizes[i] - 1) * strides[i]);
    }
    return last >= most_elements;
}

std::vector<int> packed_strides(const std::vector<int> &sizes) {
    std::vector<int> strides(sizes.size(), 1);
    for (size_t i = sizes.size() - 1; i > 0; i--) {
        strides[i - 1] = static_cast<int>(std::min<long long>(INT_MAX, 1LL * strides[i] * sizes[i]));
    }
    return strides;
}

// Channels (dimension 1) fastest, then the last dimension, up to dimension 2, and the batch slowest.
std::vector<int> channels_last_strides(const std::vector<int> &sizes) {
    std::vector<int> strides(sizes.size(), 1);
    long long stride = sizes[1];
    for (size_t i = sizes.size() - 1; i > 1; i--) {
        strides[i] = static_cast<int>(std::min<long long>(INT_MAX, stride));
        stride *= sizes[i];
    }
    strides[0] = static_cast<int>(std::min<long long>(INT_MAX, stride));
    return strides;
}

cudnnStatus_t set(const char *function, cudnnTensorDescriptor_t descriptor, cudnnDataType_t type, std::vector<int> sizes,
    std::vector<int> strides) {
    if (too_large(sizes, strides)) {
        return fail(function, CUDNN_STATUS_NOT_SUPPORTED, "the tensor spans 2^31 elements or more");
    }
    *descriptor = {true, type, std::move(sizes), std::move(strides)};
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace

Registry<cudnnTensorStruct> &tensors() {
    static auto &live = *new Registry<cudnnTensorStruct>("cuDNN tensor descriptor");
    return live;
}

const cudnnTensorStruct *tensor(const char *function, cudnnTensorDescriptor_t descriptor) {
    auto *found = descriptor == nullptr ? nullptr : tensors().find(function, descriptor);
    return found != nullptr && found->set ? found : nullptr;
}

bool computes(cudnnDataType_t type) {
    return type == CUDNN_DATA_FLOAT || type == CUDNN_DATA_DOUBLE || type == CUDNN_DATA_HALF || type == CUDNN_DATA_BFLOAT16;
}

Type element(cudnnDataType_t type) {
    return type == CUDNN_DATA_DOUBLE ? Type::f64
        : type == CUDNN_DATA_HALF    ? Type::f16
        : type == CUDNN_DATA_BFLOAT16 ? Type::bf16
                                      : Type::f32;
}

size_t bytes_of(cudnnDataType_t type) {
    return size_of(element(type));
}

size_t extent(const cudnnTensorStruct &tensor) {
    size_t last = 0;
    for (size_t i = 0; i < tensor.sizes.size(); i++) {
        last += static_cast<size_t>(tensor.sizes[i] - 1) * static_cast<size_t>(std::max(0, tensor.strides[i]));
    }
    return (last + 1) * bytes_of(tensor.type);
}

bool packed(const cudnnTensorStruct &tensor, const std::vector<int> &sizes) {
    return tensor.sizes == sizes && tensor.strides == packed_strides(sizes);
}

void describe(cudnnTensorStruct &tensor, cudnnDataType_t type, const std::vector<int> &sizes) {
    tensor = {true, type, sizes, packed_strides(sizes)};
}

}  // namespace standin::dnn

using namespace standin::dnn;

cudnnStatus_t cudnnCreateTensorDescriptor(cudnnTensorDescriptor_t *tensorDesc) {
    DNN_ENTER();
    DNN_BAD(tensorDesc == nullptr);
    *tensorDesc = tensors().create();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyTensorDescriptor(cudnnTensorDescriptor_t tensorDesc) {
    return destroy(__func__, tensors(), tensorDesc);
}

cudnnStatus_t cudnnSetTensorNdDescriptor(cudnnTensorDescriptor_t tensorDesc, cudnnDataType_t dataType, int nbDims,
    const int dimA[], const int strideA[]) {
    DNN_ENTER();
    DNN_BAD(tensorDesc == nullptr || tensors().find(__func__, tensorDesc) == nullptr);
    DNN_BAD(!known(dataType));
    DNN_BAD(nbDims < 2);
    DNN_UNSUPPORTED(nbDims > CUDNN_DIM_MAX);
    DNN_BAD(dimA == nullptr || strideA == nullptr);
    for (int i = 0; i < nbDims; i++) {
        DNN_BAD(dimA[i] <= 0);
        DNN_BAD((strideA[i] == 0) && (dimA[i] != 1));
    }
    return set(__func__, tensorDesc, dataType, {dimA, dimA + nbDims}, {strideA, strideA + nbDims});
}

cudnnStatus_t cudnnSetTensorNdDescriptorEx(cudnnTensorDescriptor_t tensorDesc, cudnnTensorFormat_t format,
    cudnnDataType_t dataType, int nbDims, const int dimA[]) {
    DNN_ENTER();
    DNN_BAD(tensorDesc == nullptr || tensors().find(__func__, tensorDesc) == nullptr);
    DNN_BAD(!known(dataType));
    DNN_BAD(nbDims < 2);
    DNN_UNSUPPORTED(nbDims > CUDNN_DIM_MAX);
    DNN_BAD(dimA == nullptr);
    DNN_BAD(format != CUDNN_TENSOR_NCHW && format != CUDNN_TENSOR_NHWC);
    for (int i = 0; i < nbDims; i++) {
        DNN_BAD(dimA[i] <= 0);
    }
    std::vector<int> sizes(dimA, dimA + nbDims);
    auto strides = format == CUDNN_TENSOR_NCHW ? packed_strides(sizes) : channels_last_strides(sizes);
    return set(__func__, tensorDesc, dataType, sizes, strides);
}

cudnnStatus_t cudnnSetTensor4dDescriptor(cudnnTensorDescriptor_t tensorDesc, cudnnTensorFormat_t format,
    cudnnDataType_t dataType, int n, int c, int h, int w) {
    DNN_ENTER();
    DNN_BAD(tensorDesc == nullptr || tensors().find(__func__, tensorDesc) == nullptr);
    DNN_BAD(!known(dataType));
    DNN_BAD((n <= 0) || (c <= 0) || (h <= 0) || (w <= 0));
    DNN_BAD(format != CUDNN_TENSOR_NCHW && format != CUDNN_TENSOR_NHWC);
    std::vector<int> sizes{n, c, h, w};
    auto strides = format == CUDNN_TENSOR_NCHW ? packed_strides(sizes) : channels_last_strides(sizes);
    return set(__func__, tensorDesc, dataType, sizes, strides);
}

cudnnStatus_t cudnnGetTensorNdDescriptor(const cudnnTensorDescriptor_t tensorDesc, int nbDimsRequested,
    cudnnDataType_t *dataType, int *nbDims, int dimA[], int strideA[]) {
    DNN_ENTER();
    DNN_BAD(tensorDesc == nullptr || tensors().find(__func__, tensorDesc) == nullptr);
    DNN_BAD(dataType == nullptr || nbDims == nullptr || nbDimsRequested < 0);
    DNN_BAD(nbDimsRequested > 0 && (dimA == nullptr || strideA == nullptr));
    int count = static_cast<int>(tensorDesc->sizes.size());
    *dataType = tensorDesc->type;
    *nbDims = count;
    for (int i = 0; i < std::min(nbDimsRequested, count); i++) {
        dimA[i] = tensorDesc->sizes[static_cast<size_t>(i)];
        strideA[i] = tensorDesc->strides[static_cast<size_t>(i)];
    }
    return CUDNN_STATUS_SUCCESS;
}
