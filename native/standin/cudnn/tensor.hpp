// Tensor descriptors: element type, sizes and strides.
#pragma once

#include "api.hpp"
#include "core/number.hpp"

struct cudnnTensorStruct {
    bool set = false;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    std::vector<int> sizes;
    std::vector<int> strides;  // in elements
};

namespace standin::dnn {

/// The live tensor descriptors.
Registry<cudnnTensorStruct> &tensors();

/// A live tensor descriptor that has been set; null, with a breach recorded, for any other but null.
const cudnnTensorStruct *tensor(const char *function, cudnnTensorDescriptor_t descriptor);

/// Whether the stand-in computes with elements of a type.
bool computes(cudnnDataType_t type);

/// The type for `load` and `store`, of one with which the stand-in computes.
Type element(cudnnDataType_t type);

/// Bytes of one element, of a type with which the stand-in computes.
size_t bytes_of(cudnnDataType_t type);

/// The bytes from the first element to the last one, both included, where no stride is negative.
size_t extent(const cudnnTensorStruct &tensor);

/// Whether the sizes are those given and the elements lie without gaps, the last dimension fastest.
bool packed(const cudnnTensorStruct &tensor, const std::vector<int> &sizes);

/// Sets a descriptor to given sizes and packed strides.
void describe(cudnnTensorStruct &tensor, cudnnDataType_t type, const std::vector<int> &sizes);

}  // namespace standin::dnn
