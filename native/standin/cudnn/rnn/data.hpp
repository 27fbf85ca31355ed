// RNN data descriptors: how the sequences of a batch lie in memory.
#pragma once

#include "cudnn/tensor.hpp"
#include "network.hpp"

struct cudnnRNNDataStruct {
    bool set = false;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    cudnnRNNDataLayout_t layout = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
    int steps = 0;
    int batch = 0;
    int width = 0;
    std::vector<int> lengths;
    std::optional<double> fill;  // what padding of an output is filled with

    bool is_packed() const { return layout == CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED; }
    /// Whether some sequence is shorter than another one, or all than the steps.
    bool variable() const;
    /// Bytes from the first element to the last, padding included.
    size_t bytes() const;
};

namespace standin::dnn::rnn {

/// The live RNN data descriptors.
Registry<cudnnRNNDataStruct> &data_descriptors();

/// A live descriptor that has been set; null, with a breach recorded, for any other but null.
const cudnnRNNDataStruct *data(const char *function, cudnnRNNDataDescriptor_t handle);

/// The batch that a descriptor describes.
Batch batch_of(const cudnnRNNDataStruct &data);

/// Sequences as [step][batch][element] of doubles, zeros in their padding, which is not read.
std::vector<double> read(const cudnnRNNDataStruct &data, const void *memory);

/// Writes such sequences; padding gets the fill where there is one, and is poisoned where not, as then nobody may read it.
void write(const cudnnRNNDataStruct &data, void *memory, const std::vector<double> &values, std::optional<double> fill);

}  // namespace standin::dnn::rnn
