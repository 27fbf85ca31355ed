// RNN descriptors: the configuration of a recurrent network.
#pragma once

#include "cudnn/dropout.hpp"
#include "network.hpp"

struct cudnnRNNStruct {
    bool set = false;
    cudnnRNNAlgo_t algorithm = CUDNN_RNN_ALGO_STANDARD;
    cudnnRNNMode_t mode = CUDNN_RNN_RELU;
    cudnnRNNBiasMode_t bias = CUDNN_RNN_DOUBLE_BIAS;
    cudnnDirectionMode_t direction = CUDNN_UNIDIRECTIONAL;
    cudnnRNNInputMode_t input_mode = CUDNN_LINEAR_INPUT;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    cudnnDataType_t precision = CUDNN_DATA_FLOAT;
    cudnnMathType_t math = CUDNN_DEFAULT_MATH;
    int input = 0;
    int hidden = 0;
    int projection = 0;
    int layers = 0;
    cudnnDropoutDescriptor_t dropout = nullptr;
    uint32_t flags = 0;

    cudnnRNNClipMode_t clip = CUDNN_RNN_CLIP_NONE;
    double clip_low = 0;
    double clip_high = 0;

    int planned_batch = 0;  // the batch size of cudnnBuildRNNDynamic; 0: not called since the descriptor was set

    int directions() const { return direction == CUDNN_BIDIRECTIONAL ? 2 : 1; }
    bool has_input_bias() const { return bias == CUDNN_RNN_SINGLE_INP_BIAS || bias == CUDNN_RNN_DOUBLE_BIAS; }
    bool has_recurrent_bias() const { return bias == CUDNN_RNN_SINGLE_REC_BIAS || bias == CUDNN_RNN_DOUBLE_BIAS; }
    bool skips_input(size_t layer) const { return input_mode == CUDNN_SKIP_INPUT && layer == 0; }
};

namespace standin::dnn::rnn {

/// The live RNN descriptors.
Registry<cudnnRNNStruct> &descriptors();

/// A live descriptor that has been set; null, with a breach recorded, for any other but null.
const cudnnRNNStruct *descriptor(const char *function, cudnnRNNDescriptor_t handle);

/// The network that a descriptor describes, without dropout.
Network network_of(const cudnnRNNStruct &descriptor);

/// Whether the algorithm can run a network on sequences of a batch, some of which may be shorter than others.
cudnnStatus_t check_algorithm(const char *function, const cudnnRNNStruct &descriptor, int batch, bool variable);

}  // namespace standin::dnn::rnn
