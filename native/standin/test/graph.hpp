// Descriptors of cuDNN's graph API, made and set in one line, for tests.
#pragma once

#include "device.hpp"

#include <cudnn.h>
#include <memory>
#include <utility>

namespace test {

/// A descriptor that ends with its scope.
class Made {
public:
    explicit Made(cudnnBackendDescriptorType_t kind) {
        EXPECT_EQUAL(cudnnBackendCreateDescriptor(kind, &descriptor_), CUDNN_STATUS_SUCCESS);
    }

    Made(Made &&other) noexcept : descriptor_(std::exchange(other.descriptor_, nullptr)) {}

    Made &operator=(Made &&other) noexcept {
        std::swap(descriptor_, other.descriptor_);
        return *this;
    }

    ~Made() {
        if (descriptor_ != nullptr) {
            cudnnBackendDestroyDescriptor(descriptor_);
        }
    }

    cudnnBackendDescriptor_t get() const { return descriptor_; }

    template <class T>
    cudnnStatus_t set(cudnnBackendAttributeName_t name, cudnnBackendAttributeType_t type, const std::vector<T> &values) {
        return cudnnBackendSetAttribute(descriptor_, name, type, int64_t(values.size()), values.data());
    }

    cudnnStatus_t link(cudnnBackendAttributeName_t name, const Made &other) {
        return set(name, CUDNN_TYPE_BACKEND_DESCRIPTOR, std::vector<cudnnBackendDescriptor_t>{other.get()});
    }

    cudnnStatus_t integer(cudnnBackendAttributeName_t name, int64_t value) {
        return set(name, CUDNN_TYPE_INT64, std::vector<int64_t>{value});
    }

    cudnnStatus_t truth(cudnnBackendAttributeName_t name, bool value) {
        return cudnnBackendSetAttribute(descriptor_, name, CUDNN_TYPE_BOOLEAN, 1, &value);
    }

    cudnnStatus_t finalize() { return cudnnBackendFinalize(descriptor_); }

    int64_t read(cudnnBackendAttributeName_t name) const {
        int64_t value = -1, count = 0;
        EXPECT_EQUAL(cudnnBackendGetAttribute(descriptor_, name, CUDNN_TYPE_INT64, 1, &count, &value), CUDNN_STATUS_SUCCESS);
        return value;
    }

private:
    cudnnBackendDescriptor_t descriptor_ = nullptr;
};

#define OK(call) EXPECT_EQUAL(call, CUDNN_STATUS_SUCCESS)

enum class Memory { device, virtual_, by_value };

using Dimensions = std::vector<int64_t>;

/// A tensor whose last dimension is the fastest, not yet finalized.
inline Made described(int64_t id, cudnnDataType_t type, const Dimensions &sizes, Memory memory = Memory::device, Dimensions strides = {}) {
    if (strides.empty()) {
        strides.assign(sizes.size(), 1);
        for (size_t i = sizes.size() - 1; i > 0; i--) {
            strides[i - 1] = strides[i] * sizes[i];
        }
    }
    Made made(CUDNN_BACKEND_TENSOR_DESCRIPTOR);
    OK(made.set(CUDNN_ATTR_TENSOR_DATA_TYPE, CUDNN_TYPE_DATA_TYPE, std::vector<cudnnDataType_t>{type}));
    OK(made.set(CUDNN_ATTR_TENSOR_DIMENSIONS, CUDNN_TYPE_INT64, sizes));
    OK(made.set(CUDNN_ATTR_TENSOR_STRIDES, CUDNN_TYPE_INT64, strides));
    OK(made.integer(CUDNN_ATTR_TENSOR_UNIQUE_ID, id));
    OK(made.integer(CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT, 16));
    if (memory == Memory::virtual_) {
        OK(made.truth(CUDNN_ATTR_TENSOR_IS_VIRTUAL, true));
    } else if (memory == Memory::by_value) {
        OK(made.truth(CUDNN_ATTR_TENSOR_IS_BY_VALUE, true));
    }
    return made;
}

inline Made tensor(int64_t id, cudnnDataType_t type, const Dimensions &sizes, Memory memory = Memory::device, Dimensions strides = {}) {
    Made made = described(id, type, sizes, memory, std::move(strides));
    OK(made.finalize());
    return made;
}

inline Made pointwise(cudnnPointwiseMode_t mode, int64_t axis, const Made &x, const Made *b, const Made *t, const Made &y) {
    Made what(CUDNN_BACKEND_POINTWISE_DESCRIPTOR);
    OK(what.set(CUDNN_ATTR_POINTWISE_MODE, CUDNN_TYPE_POINTWISE_MODE, std::vector<cudnnPointwiseMode_t>{mode}));
    OK(what.set(CUDNN_ATTR_POINTWISE_MATH_PREC, CUDNN_TYPE_DATA_TYPE, std::vector<cudnnDataType_t>{CUDNN_DATA_FLOAT}));
    if (axis >= 0) {
        OK(what.integer(CUDNN_ATTR_POINTWISE_AXIS, axis));
    }
    OK(what.finalize());
    Made made(CUDNN_BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
    OK(made.link(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, what));
    OK(made.link(CUDNN_ATTR_OPERATION_POINTWISE_XDESC, x));
    if (b != nullptr) {
        OK(made.link(CUDNN_ATTR_OPERATION_POINTWISE_BDESC, *b));
    }
    if (t != nullptr) {
        OK(made.link(CUDNN_ATTR_OPERATION_POINTWISE_TDESC, *t));
    }
    OK(made.link(CUDNN_ATTR_OPERATION_POINTWISE_YDESC, y));
    OK(made.finalize());
    return made;
}

inline Made graph_of(const std::vector<const Made *> &operations) {
    Made made(CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR);
    std::vector<cudnnBackendDescriptor_t> all;
    for (const Made *one : operations) {
        all.push_back(one->get());
    }
    OK(made.set(CUDNN_ATTR_OPERATIONGRAPH_OPS, CUDNN_TYPE_BACKEND_DESCRIPTOR, all));
    OK(made.finalize());
    return made;
}

/// The configurations that heuristics find for a graph, of which there may be fewer than they count; for a device that is described,
/// else for the present one.
inline std::vector<Made> configurations(const Made &graph, const Made *device = nullptr) {
    Made heuristics(CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR);
    OK(heuristics.link(CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH, graph));
    OK(heuristics.set(CUDNN_ATTR_ENGINEHEUR_MODE, CUDNN_TYPE_HEUR_MODE, std::vector<cudnnBackendHeurMode_t>{CUDNN_HEUR_MODE_A}));
    if (device != nullptr) {
        OK(heuristics.link(CUDNN_ATTR_ENGINEHEUR_DEVICEPROP, *device));
    }
    OK(heuristics.finalize());
    int64_t count = 0, given = 0;
    OK(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr));
    std::vector<Made> all;
    std::vector<cudnnBackendDescriptor_t> handles;
    for (int64_t i = 0; i < count; i++) {
        all.emplace_back(CUDNN_BACKEND_ENGINECFG_DESCRIPTOR);
        handles.push_back(all.back().get());
    }
    OK(cudnnBackendGetAttribute(heuristics.get(), CUDNN_ATTR_ENGINEHEUR_RESULTS, CUDNN_TYPE_BACKEND_DESCRIPTOR, count, &given, handles.data()));
    while (int64_t(all.size()) > given) {
        all.pop_back();
    }
    return all;
}

inline Made plan_of(cudnnHandle_t handle, const Made &configuration) {
    Made made(CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    OK(made.set(CUDNN_ATTR_EXECUTION_PLAN_HANDLE, CUDNN_TYPE_HANDLE, std::vector<cudnnHandle_t>{handle}));
    OK(made.link(CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration));
    OK(made.finalize());
    return made;
}

using Pointers = std::vector<std::pair<int64_t, void *>>;

inline Made pack_of(const Pointers &pointers, void *workspace) {
    Made made(CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR);
    std::vector<int64_t> ids;
    std::vector<void *> addresses;
    for (auto [id, address] : pointers) {
        ids.push_back(id);
        addresses.push_back(address);
    }
    OK(made.set(CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS, CUDNN_TYPE_INT64, ids));
    OK(made.set(CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS, CUDNN_TYPE_VOID_PTR, addresses));
    OK(made.set(CUDNN_ATTR_VARIANT_PACK_WORKSPACE, CUDNN_TYPE_VOID_PTR, std::vector<void *>{workspace}));
    OK(made.finalize());
    return made;
}

}  // namespace test
