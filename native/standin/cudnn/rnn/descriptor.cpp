// RNN descriptors. What is refused when one is set, and how, was observed of cuDNN 9.28, which does this without a GPU.
#include "descriptor.hpp"

#include "cudnn/tensor.hpp"

namespace standin::dnn::rnn {
namespace {

bool types_fit(cudnnDataType_t type, cudnnDataType_t precision) {
    switch (type) {
        case CUDNN_DATA_FLOAT: return precision == CUDNN_DATA_FLOAT;
        case CUDNN_DATA_DOUBLE: return precision == CUDNN_DATA_DOUBLE;
        case CUDNN_DATA_HALF: return precision == CUDNN_DATA_FLOAT || precision == CUDNN_DATA_HALF;
        case CUDNN_DATA_BFLOAT16: return precision == CUDNN_DATA_FLOAT;
        default: return false;
    }
}

cudnnStatus_t check_enumerations(const char *function, const cudnnRNNStruct &d) {
    DNN_BAD_IN(function, d.algorithm < CUDNN_RNN_ALGO_STANDARD || d.algorithm >= CUDNN_RNN_ALGO_COUNT);
    DNN_BAD_IN(function, d.mode < CUDNN_RNN_RELU || d.mode > CUDNN_GRU);
    DNN_BAD_IN(function, d.bias < CUDNN_RNN_NO_BIAS || d.bias > CUDNN_RNN_SINGLE_REC_BIAS);
    DNN_BAD_IN(function, d.direction != CUDNN_UNIDIRECTIONAL && d.direction != CUDNN_BIDIRECTIONAL);
    DNN_BAD_IN(function, d.input_mode != CUDNN_LINEAR_INPUT && d.input_mode != CUDNN_SKIP_INPUT);
    DNN_BAD_IN(function, d.math < CUDNN_DEFAULT_MATH || d.math > CUDNN_FMA_MATH);
    DNN_BAD_IN(function, (d.flags & ~CUDNN_RNN_PADDED_IO_ENABLED) != 0);
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t check_sizes(const char *function, const cudnnRNNStruct &d) {
    DNN_BAD_IN(function, d.input < 1 || d.hidden < 1 || d.layers < 1);
    DNN_BAD_IN(function, d.projection <= 0);
    DNN_UNSUPPORTED_IN(function, d.projection > d.hidden);
    DNN_UNSUPPORTED_IN(function, d.projection != d.hidden && d.mode != CUDNN_LSTM);
    DNN_UNSUPPORTED_IN(function, d.projection != d.hidden && d.algorithm != CUDNN_RNN_ALGO_STANDARD);
    DNN_UNSUPPORTED_IN(function, !types_fit(d.type, d.precision));
    DNN_UNSUPPORTED_IN(function, d.bias != CUDNN_RNN_DOUBLE_BIAS && d.algorithm != CUDNN_RNN_ALGO_STANDARD);
    DNN_UNSUPPORTED_IN(function, d.precision == CUDNN_DATA_HALF && d.algorithm != CUDNN_RNN_ALGO_STANDARD);
    DNN_UNSUPPORTED_IN(function, d.type == CUDNN_DATA_DOUBLE
        && (d.algorithm == CUDNN_RNN_ALGO_PERSIST_STATIC || d.algorithm == CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H));
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace

Registry<cudnnRNNStruct> &descriptors() {
    static auto &live = *new Registry<cudnnRNNStruct>("cuDNN RNN descriptor");
    return live;
}

const cudnnRNNStruct *descriptor(const char *function, cudnnRNNDescriptor_t handle) {
    auto *found = handle == nullptr ? nullptr : descriptors().find(function, handle);
    return found != nullptr && found->set ? found : nullptr;
}

Network network_of(const cudnnRNNStruct &d) {
    Network network;
    network.mode = d.mode;
    network.layers = static_cast<size_t>(d.layers);
    network.directions = static_cast<size_t>(d.directions());
    network.input = static_cast<size_t>(d.input);
    network.hidden = static_cast<size_t>(d.hidden);
    network.output = static_cast<size_t>(d.projection);
    network.clipped = d.clip == CUDNN_RNN_CLIP_MINMAX && d.mode == CUDNN_LSTM;
    network.low = d.clip_low;
    network.high = d.clip_high;
    return network;
}

}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

cudnnStatus_t cudnnCreateRNNDescriptor(cudnnRNNDescriptor_t *rnnDesc) {
    DNN_ENTER();
    DNN_BAD(rnnDesc == nullptr);
    *rnnDesc = descriptors().create();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyRNNDescriptor(cudnnRNNDescriptor_t rnnDesc) {
    return destroy(__func__, descriptors(), rnnDesc);
}

// Clipping stays as it was; a plan made by cudnnBuildRNNDynamic does not.
cudnnStatus_t cudnnSetRNNDescriptor_v8(cudnnRNNDescriptor_t rnnDesc, cudnnRNNAlgo_t algo, cudnnRNNMode_t cellMode,
    cudnnRNNBiasMode_t biasMode, cudnnDirectionMode_t dirMode, cudnnRNNInputMode_t inputMode, cudnnDataType_t dataType,
    cudnnDataType_t mathPrec, cudnnMathType_t mathType, int32_t inputSize, int32_t hiddenSize, int32_t projSize,
    int32_t numLayers, cudnnDropoutDescriptor_t dropoutDesc, uint32_t auxFlags) {
    DNN_ENTER();
    DNN_BAD(rnnDesc == nullptr || descriptors().find(__func__, rnnDesc) == nullptr);
    DNN_BAD(dropoutDesc != nullptr && dropouts().find(__func__, dropoutDesc) == nullptr);
    cudnnRNNStruct fresh = *rnnDesc;
    fresh.set = true;
    fresh.algorithm = algo;
    fresh.mode = cellMode;
    fresh.bias = biasMode;
    fresh.direction = dirMode;
    fresh.input_mode = inputMode;
    fresh.type = dataType;
    fresh.precision = mathPrec;
    fresh.math = mathType;
    fresh.input = inputSize;
    fresh.hidden = hiddenSize;
    fresh.projection = projSize;
    fresh.layers = numLayers;
    fresh.dropout = dropoutDesc;
    fresh.flags = auxFlags;
    fresh.planned_batch = 0;
    DNN_TRY(check_enumerations(__func__, fresh));
    DNN_TRY(check_sizes(__func__, fresh));
    *rnnDesc = fresh;
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetRNNDescriptor_v8(cudnnRNNDescriptor_t rnnDesc, cudnnRNNAlgo_t *algo, cudnnRNNMode_t *cellMode,
    cudnnRNNBiasMode_t *biasMode, cudnnDirectionMode_t *dirMode, cudnnRNNInputMode_t *inputMode, cudnnDataType_t *dataType,
    cudnnDataType_t *mathPrec, cudnnMathType_t *mathType, int32_t *inputSize, int32_t *hiddenSize, int32_t *projSize,
    int32_t *numLayers, cudnnDropoutDescriptor_t *dropoutDesc, uint32_t *auxFlags) {
    DNN_ENTER();
    DNN_BAD(rnnDesc == nullptr || descriptors().find(__func__, rnnDesc) == nullptr);
    DNN_REFUSE(!rnnDesc->set, CUDNN_STATUS_NOT_INITIALIZED);
    auto put = [](auto *place, auto value) {
        if (place != nullptr) {
            *place = value;
        }
    };
    put(algo, rnnDesc->algorithm);
    put(cellMode, rnnDesc->mode);
    put(biasMode, rnnDesc->bias);
    put(dirMode, rnnDesc->direction);
    put(inputMode, rnnDesc->input_mode);
    put(dataType, rnnDesc->type);
    put(mathPrec, rnnDesc->precision);
    put(mathType, rnnDesc->math);
    put(inputSize, rnnDesc->input);
    put(hiddenSize, rnnDesc->hidden);
    put(projSize, rnnDesc->projection);
    put(numLayers, rnnDesc->layers);
    put(dropoutDesc, rnnDesc->dropout);
    put(auxFlags, rnnDesc->flags);
    return CUDNN_STATUS_SUCCESS;
}
