#include "tensor.hpp"

#include "../tensor.hpp"

namespace standin::dnn::graph {
namespace {

int64_t offset(const Tensor &tensor, const int64_t (&index)[4]) {
    int64_t sum = 0;
    for (size_t i = 0; i < 4; i++) {
        sum += tensor.sizes[i] == 1 ? 0 : index[i] * tensor.strides[i];
    }
    return sum;
}

}  // namespace

size_t bytes_of(cudnnDataType_t type) {
    switch (type) {
        case CUDNN_DATA_FLOAT:
        case CUDNN_DATA_INT32: return 4;
        case CUDNN_DATA_DOUBLE:
        case CUDNN_DATA_INT64: return 8;
        case CUDNN_DATA_HALF:
        case CUDNN_DATA_BFLOAT16: return 2;
        case CUDNN_DATA_BOOLEAN: return 1;
        default: return 0;
    }
}

Tensor::Tensor(const Descriptor &descriptor)
    : id(descriptor.one<int64_t>(CUDNN_ATTR_TENSOR_UNIQUE_ID, 0)),
      type(descriptor.one(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_DATA_FLOAT)),
      alignment(descriptor.one<int64_t>(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 0)),
      sizes(descriptor.all<int64_t>(CUDNN_ATTR_TENSOR_DIMENSIONS)), strides(descriptor.all<int64_t>(CUDNN_ATTR_TENSOR_STRIDES)),
      is_virtual(descriptor.one<char>(CUDNN_ATTR_TENSOR_IS_VIRTUAL, 0) != 0),
      by_value(descriptor.one<char>(CUDNN_ATTR_TENSOR_IS_BY_VALUE, 0) != 0) {}

size_t Tensor::extent() const {
    int64_t last = 0;
    for (size_t i = 0; i < sizes.size(); i++) {
        last += (sizes[i] - 1) * strides[i];
    }
    return static_cast<size_t>(last + 1) * bytes_of(type);
}

double View::at(int64_t b, int64_t h, int64_t s, int64_t e) const {
    auto index = static_cast<size_t>(offset(tensor, {b, h, s, e}));
    switch (tensor.type) {
        case CUDNN_DATA_INT32: return static_cast<const int32_t *>(data)[index];
        case CUDNN_DATA_INT64: return static_cast<double>(static_cast<const int64_t *>(data)[index]);
        case CUDNN_DATA_BOOLEAN: return static_cast<const uint8_t *>(data)[index] != 0;
        default: return load(element(tensor.type), data, index);
    }
}

void View::put(int64_t b, int64_t h, int64_t s, int64_t e, double value) const {
    store(element(tensor.type), data, static_cast<size_t>(offset(tensor, {b, h, s, e})), value);
}

}  // namespace standin::dnn::graph
