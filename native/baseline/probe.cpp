// Asks cuDNN what its documentation leaves open, a line "key words..." for each answer: run on the stand-in and on a GPU, the answers
// say where the stand-in is wrong.
#include "weights.hpp"

#include <algorithm>
#include <iostream>

using namespace baseline;

namespace {

/// A stack of recurrent layers.
struct Stack {
    cudnnRNNMode_t mode;
    cudnnDataType_t type;
    int inputs, hidden, layers;
    bool bidirectional;

    size_t element() const { return type == CUDNN_DATA_DOUBLE ? 8 : 4; }
    int gates() const { return mode == CUDNN_LSTM ? 4 : mode == CUDNN_GRU ? 3 : 1; }
    int directions() const { return bidirectional ? 2 : 1; }
};

cudnnRNNDescriptor_t describe(const Stack &stack, cudnnDropoutDescriptor_t dropout) {
    cudnnRNNDescriptor_t rnn;
    CALL(cudnnCreateRNNDescriptor(&rnn));
    CALL(cudnnSetRNNDescriptor_v8(rnn, CUDNN_RNN_ALGO_STANDARD, stack.mode, CUDNN_RNN_DOUBLE_BIAS,
        stack.bidirectional ? CUDNN_BIDIRECTIONAL : CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, stack.type, stack.type,
        CUDNN_FMA_MATH, stack.inputs, stack.hidden, stack.hidden, stack.layers, dropout, CUDNN_RNN_PADDED_IO_ENABLED));
    return rnn;
}

/// Where each matrix and then its bias of each product of each layer begins, in elements.
std::vector<Part> parts_of(const Device &device, const Stack &stack) {
    cudnnRNNDescriptor_t rnn = describe(stack, nullptr);
    size_t bytes;
    CALL(cudnnGetRNNWeightSpaceSize(device.dnn, rnn, &bytes));
    auto found = parts(device, rnn, bytes, stack.element(), stack.layers * stack.directions(), 2 * stack.gates());
    CALL(cudnnDestroyRNNDescriptor(rnn));
    return found;
}

/// Whether all gates of each weight follow one another without gaps.
bool adjacent(const Stack &stack, const std::vector<Part> &all) {
    auto gates = static_cast<size_t>(stack.gates());
    for (size_t i = 0; i + 2 < all.size(); i++) {
        bool is_last_gate = i / 2 % gates == gates - 1;
        if (!is_last_gate && all[i + 2].offset != all[i].offset + all[i].count) {
            return false;
        }
    }
    return true;
}

bool same(const std::vector<Part> &a, const std::vector<Part> &b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](Part x, Part y) { return x.offset == y.offset; });
}

void weights(const Device &device) {
    const std::pair<const char *, cudnnRNNMode_t> cells[] = {{"rnn", CUDNN_RNN_TANH}, {"lstm", CUDNN_LSTM}, {"gru", CUDNN_GRU}};
    for (const auto &[name, mode] : cells) {
        for (const auto &[inputs, hidden] : {std::pair(128, 128), std::pair(300, 256), std::pair(5, 3)}) {
            std::string sizes = std::string(name) + "-" + std::to_string(inputs) + "-" + std::to_string(hidden);
            Stack single = {mode, CUDNN_DATA_FLOAT, inputs, hidden, 2, true};
            Stack wide = single;
            wide.type = CUDNN_DATA_DOUBLE;
            auto of_single = parts_of(device, single), of_wide = parts_of(device, wide);
            std::cout << "weights-" << sizes;
            for (const Part &part : of_single) {
                std::cout << " at-" << part.offset << '+' << part.count;
            }
            std::cout << '\n';
            std::cout << "gates-adjacent-" << sizes << ' ' << (adjacent(single, of_single) ? "yes" : "no") << '\n';
            std::cout << "same-offsets-in-F64-" << sizes << ' ' << (same(of_single, of_wide) ? "yes" : "no") << '\n';
        }
    }
}

cudnnStatus_t describe(cudnnRNNDataDescriptor_t data, int steps, int features, const std::vector<int> &lengths) {
    float zero = 0;
    return cudnnSetRNNDataDescriptor(data, CUDNN_DATA_FLOAT, CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED, steps,
        static_cast<int>(lengths.size()), features, lengths.data(), &zero);
}

void print(const std::string &key, const std::vector<float> &numbers) {
    std::cout << key;
    for (float number : numbers) {
        std::cout << ' ' << number;
    }
    std::cout << '\n';
}

void set(const Floats &floats, float value) {
    std::vector<float> all(floats.count(), value);
    CALL(cudaMemcpy(floats.at(), all.data(), all.size() * sizeof(float), cudaMemcpyHostToDevice));
}

/// An LSTM over sequences of several lengths: what becomes of padding in y, hn and dx, which held 7 before.
void passes(const Device &device, const std::string &name, const std::vector<int> &lengths, float dropped) {
    const int steps = 4, inputs = 3, hidden = 5, layers = 2;
    auto batch = static_cast<int>(lengths.size());
    cudnnDropoutDescriptor_t dropout;
    CALL(cudnnCreateDropoutDescriptor(&dropout));
    size_t state_bytes, weight_bytes, work_bytes, reserve_bytes;
    CALL(cudnnDropoutGetStatesSize(device.dnn, &state_bytes));
    Block random(state_bytes);
    CALL(cudnnSetDropoutDescriptor(dropout, device.dnn, dropped, random.pointer(), state_bytes, 17));
    cudnnRNNDescriptor_t rnn = describe({CUDNN_LSTM, CUDNN_DATA_FLOAT, inputs, hidden, layers, false}, dropout);
    cudnnRNNDataDescriptor_t x_shape, y_shape;
    CALL(cudnnCreateRNNDataDescriptor(&x_shape));
    CALL(cudnnCreateRNNDataDescriptor(&y_shape));
    cudnnStatus_t accepted = describe(x_shape, steps, inputs, lengths);
    std::cout << "lengths-" << name << ' ' << cudnnGetErrorString(accepted) << '\n';
    if (accepted == CUDNN_STATUS_SUCCESS) {
        CALL(describe(y_shape, steps, hidden, lengths));
        int sizes[] = {layers, batch, hidden}, strides[] = {batch * hidden, hidden, 1};
        cudnnTensorDescriptor_t states;
        CALL(cudnnCreateTensorDescriptor(&states));
        CALL(cudnnSetTensorNdDescriptor(states, CUDNN_DATA_FLOAT, 3, sizes, strides));
        CALL(cudnnGetRNNWeightSpaceSize(device.dnn, rnn, &weight_bytes));
        CALL(cudnnGetRNNTempSpaceSizes(device.dnn, rnn, CUDNN_FWD_MODE_TRAINING, x_shape, &work_bytes, &reserve_bytes));
        auto count = [&](int features) { return static_cast<size_t>(batch * features); };
        Floats x(count(steps * inputs), 1, 1), weight(weight_bytes / sizeof(float)), y(count(steps * hidden));
        Floats dy(y.count(), 3, 1), dx(x.count()), hn(count(layers * hidden)), cn(hn.count());
        Block work(work_bytes), reserve(reserve_bytes);
        fill(weight, parts(device, rnn, weight_bytes, sizeof(float), layers, 8), 2, 0.4F);
        for (const Floats *each : {&y, &dx, &hn, &cn}) {
            set(*each, 7);
        }
        cudnnStatus_t forward = cudnnRNNForward(device.dnn, rnn, CUDNN_FWD_MODE_TRAINING, nullptr, x_shape, x.at(), y_shape, y.at(),
            states, nullptr, hn.at(), states, nullptr, cn.at(), weight_bytes, weight.at(), work_bytes, work.pointer(),
            reserve_bytes, reserve.pointer());
        std::cout << "forward-" << name << ' ' << cudnnGetErrorString(forward) << '\n';
        if (forward == CUDNN_STATUS_SUCCESS) {
            cudnnStatus_t backward = cudnnRNNBackwardData_v8(device.dnn, rnn, nullptr, y_shape, y.at(), dy.at(), x_shape, dx.at(),
                states, nullptr, nullptr, nullptr, states, nullptr, nullptr, nullptr, weight_bytes, weight.at(), work_bytes,
                work.pointer(), reserve_bytes, reserve.pointer());
            std::cout << "backward-" << name << ' ' << cudnnGetErrorString(backward) << '\n';
            // Which numbers are dropped is each library's own affair.
            if (dropped == 0) {
                print("y-" + name, y.values(device));
                print("hn-" + name, hn.values(device));
                print("dx-" + name, dx.values(device));
            }
        }
        CALL(cudnnDestroyTensorDescriptor(states));
    }
    CALL(cudnnDestroyRNNDataDescriptor(y_shape));
    CALL(cudnnDestroyRNNDataDescriptor(x_shape));
    CALL(cudnnDestroyRNNDescriptor(rnn));
    CALL(cudnnDestroyDropoutDescriptor(dropout));
}

}  // namespace

int main() {
    std::cout.precision(9);
    Device device(Precision::f32);
    weights(device);
    passes(device, "whole", {4, 4}, 0);
    passes(device, "falling", {4, 2, 1}, 0);
    passes(device, "mixed", {1, 4, 2}, 0);
    passes(device, "shorter-than-steps", {3, 2}, 0);
    passes(device, "zero", {4, 0, 2}, 0);
    passes(device, "dropout", {4, 2}, 0.5F);
}
