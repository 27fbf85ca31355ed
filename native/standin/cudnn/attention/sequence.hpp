// Sequence data descriptors: batches of padded sequences of vectors, with axes in any order but the vectors innermost.
#pragma once

#include "../tensor.hpp"

struct cudnnSeqDataStruct {
    bool set = false;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    int sizes[CUDNN_SEQDATA_DIM_COUNT] = {};  // indexed by cudnnSeqDataAxis_t
    cudnnSeqDataAxis_t axes[CUDNN_SEQDATA_DIM_COUNT] = {};  // outermost first
    std::vector<int> lengths;  // of the sequence of batch n and beam b at n · beams + b
    bool filled = false;
    double fill = 0;
};

namespace standin::dnn {

/// A live sequence data descriptor that has been set; null, with a breach recorded, for any other but null.
const cudnnSeqDataStruct *sequences(const char *function, cudnnSeqDataDescriptor_t descriptor);

/// Index of the first element of a vector.
size_t vector_at(const cudnnSeqDataStruct &data, size_t time, size_t batch, size_t beam);

/// Bytes of the whole container, padding included.
size_t extent(const cudnnSeqDataStruct &data);

}  // namespace standin::dnn
