// Attention descriptors: sizes of heads and projections.
#pragma once

#include "../dropout.hpp"
#include "../tensor.hpp"

struct cudnnAttnStruct {
    bool set = false;
    unsigned mode = 0;
    int heads = 0;
    double scale = 0;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    cudnnDataType_t precision = CUDNN_DATA_FLOAT;
    cudnnMathType_t math = CUDNN_DEFAULT_MATH;
    cudnnDropoutDescriptor_t attention_dropout = nullptr;
    cudnnDropoutDescriptor_t output_dropout = nullptr;
    int query = 0, key = 0, value = 0;
    int query_projection = 0, key_projection = 0, value_projection = 0, output_projection = 0;  // 0: none
    int longest_query = 0, longest_key = 0;
    int batches = 0, beams = 0;

    bool biased() const { return (mode & CUDNN_ATTN_ENABLE_PROJ_BIASES) != 0; }
    bool one_to_one() const { return (mode & CUDNN_ATTN_QUERYMAP_ONE_TO_ONE) != 0; }
    /// Length of the vectors that queries and keys are compared by.
    int compared() const { return query_projection > 0 ? query_projection : query; }
    /// Length of the vectors that one head sums.
    int summed() const { return value_projection > 0 ? value_projection : value; }
    /// Length of an output vector.
    int output() const { return output_projection > 0 ? output_projection : heads * summed(); }
};

namespace standin::dnn {

/// A live attention descriptor that has been set; null, with a breach recorded, for any other but null.
const cudnnAttnStruct *attention(const char *function, cudnnAttnDescriptor_t descriptor);

}  // namespace standin::dnn
