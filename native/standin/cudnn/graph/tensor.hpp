// Tensors of the graph API: what their descriptors say, and their elements once a pointer is bound.
#pragma once

#include "descriptor.hpp"

namespace standin::dnn::graph {

/// Bytes of an element, 0 where the stand-in does not compute with the type.
size_t bytes_of(cudnnDataType_t type);

struct Tensor {
    int64_t id = 0;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    int64_t alignment = 0;
    std::vector<int64_t> sizes, strides;
    bool is_virtual = false, by_value = false;

    Tensor() = default;
    explicit Tensor(const Descriptor &descriptor);

    bool operator==(const Tensor &) const = default;
    /// Bytes from the first element to the last.
    size_t extent() const;
    std::string name() const { return "tensor " + std::to_string(id); }
};

/// A tensor of four dimensions with its elements. Where a size is 1 any index gives the one element.
struct View {
    Tensor tensor;
    void *data = nullptr;

    int64_t size(size_t dimension) const { return tensor.sizes[dimension]; }
    double at(int64_t b, int64_t h, int64_t s, int64_t e) const;
    void put(int64_t b, int64_t h, int64_t s, int64_t e, double value) const;
};

/// The tensors of a graph by their unique identifiers.
using Bound = std::map<int64_t, View>;

}  // namespace standin::dnn::graph
