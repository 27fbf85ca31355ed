// What each recurrent algorithm refuses as soon as its descriptor is set. The same program runs on the stand-in and, because this needs no
// GPU, on NVIDIA's cuDNN: see native/nvidia.
#include "expect.hpp"

#include <cudnn.h>

namespace {

/// What the rules depend on; as it stands, every algorithm takes it.
struct Stack {
    cudnnRNNMode_t mode = CUDNN_LSTM;
    cudnnRNNBiasMode_t bias = CUDNN_RNN_DOUBLE_BIAS;
    cudnnDirectionMode_t direction = CUDNN_UNIDIRECTIONAL;
    cudnnDataType_t type = CUDNN_DATA_FLOAT;
    cudnnDataType_t precision = CUDNN_DATA_FLOAT;
    int hidden = 8;
    int projection = 8;
    int layers = 1;
};

cudnnStatus_t set(cudnnRNNAlgo_t algorithm, const Stack &stack) {
    cudnnRNNDescriptor_t rnn;
    EXPECT_EQUAL(cudnnCreateRNNDescriptor(&rnn), CUDNN_STATUS_SUCCESS);
    cudnnStatus_t status = cudnnSetRNNDescriptor_v8(rnn, algorithm, stack.mode, stack.bias, stack.direction, CUDNN_LINEAR_INPUT,
        stack.type, stack.precision, CUDNN_DEFAULT_MATH, 8, stack.hidden, stack.projection, stack.layers, nullptr,
        CUDNN_RNN_PADDED_IO_ENABLED);
    EXPECT_EQUAL(cudnnDestroyRNNDescriptor(rnn), CUDNN_STATUS_SUCCESS);
    return status;
}

/// For the standard, static, dynamic and small-state algorithm: '+' where it takes the stack, '-' where it does not support it.
std::string taken_by(const Stack &stack) {
    std::string answers;
    for (cudnnRNNAlgo_t algorithm : {CUDNN_RNN_ALGO_STANDARD, CUDNN_RNN_ALGO_PERSIST_STATIC, CUDNN_RNN_ALGO_PERSIST_DYNAMIC,
             CUDNN_RNN_ALGO_PERSIST_STATIC_SMALL_H}) {
        cudnnStatus_t status = set(algorithm, stack);
        answers += status == CUDNN_STATUS_SUCCESS ? "+" : status == CUDNN_STATUS_NOT_SUPPORTED ? "-" : std::to_string(status);
    }
    return answers;
}

void expect_in_every_mode(const Stack &like, const std::string &answers) {
    for (cudnnRNNMode_t mode : {CUDNN_RNN_RELU, CUDNN_RNN_TANH, CUDNN_LSTM, CUDNN_GRU}) {
        Stack stack = like;
        stack.mode = mode;
        EXPECT_EQUAL(taken_by(stack), answers);
    }
}

CASE(stacks_that_all_take) {
    expect_in_every_mode({}, "++++");
    Stack stack;
    stack.direction = CUDNN_BIDIRECTIONAL;
    stack.layers = 2;
    expect_in_every_mode(stack, "++++");
}

CASE(widths_are_not_judged_yet) {
    Stack stack;
    stack.hidden = stack.projection = 4096;
    expect_in_every_mode(stack, "++++");
}

CASE(persistent_algorithms_want_both_biases) {
    for (cudnnRNNBiasMode_t bias : {CUDNN_RNN_NO_BIAS, CUDNN_RNN_SINGLE_INP_BIAS, CUDNN_RNN_SINGLE_REC_BIAS}) {
        Stack stack;
        stack.bias = bias;
        expect_in_every_mode(stack, "+---");
    }
}

CASE(projections_are_for_standard_lstm) {
    Stack stack;
    stack.projection = 4;
    EXPECT_EQUAL(taken_by(stack), "+---");
    stack.mode = CUDNN_GRU;
    EXPECT_EQUAL(taken_by(stack), "----");
}

CASE(static_algorithms_do_not_compute_in_double) {
    Stack stack;
    stack.type = stack.precision = CUDNN_DATA_DOUBLE;
    expect_in_every_mode(stack, "+-+-");
}

CASE(persistent_algorithms_compute_on_half_precision_in_single) {
    for (cudnnDataType_t type : {CUDNN_DATA_HALF, CUDNN_DATA_BFLOAT16}) {
        Stack stack;
        stack.type = type;
        expect_in_every_mode(stack, "++++");
    }
    Stack stack;
    stack.type = stack.precision = CUDNN_DATA_HALF;
    expect_in_every_mode(stack, "+---");
}

}  // namespace
