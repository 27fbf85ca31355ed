// A recurrent network on the stand-in, driven through cuDNN's functions alone.
#pragma once

#include "buffer.hpp"

#include <random>

namespace test {

struct Settings {
    cudnnRNNMode_t mode = CUDNN_LSTM;
    cudnnRNNBiasMode_t bias = CUDNN_RNN_DOUBLE_BIAS;
    cudnnDirectionMode_t direction = CUDNN_UNIDIRECTIONAL;
    cudnnRNNInputMode_t input_mode = CUDNN_LINEAR_INPUT;
    cudnnRNNAlgo_t algorithm = CUDNN_RNN_ALGO_STANDARD;
    cudnnDataType_t type = CUDNN_DATA_DOUBLE;
    cudnnRNNDataLayout_t layout = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED;
    uint32_t flags = CUDNN_RNN_PADDED_IO_ENABLED;
    int input = 2;
    int hidden = 3;
    int projection = 3;
    int layers = 1;
    int steps = 3;
    std::vector<int> lengths = {3, 3};
    float dropout = 0;
    double clip = 0;  // 0: none
    std::optional<double> fill;

    int directions() const { return direction == CUDNN_BIDIRECTIONAL ? 2 : 1; }
    int batch() const { return static_cast<int>(lengths.size()); }
};

/// A matrix or bias of a cell, by its place in a buffer of weights.
struct Part {
    size_t offset = 0;  // in elements
    std::vector<int> shape;  // empty where there is none

    size_t count() const { return shape.empty() ? 0 : static_cast<size_t>(shape[1]) * static_cast<size_t>(shape[2]); }
};

class Recurrent {
public:
    explicit Recurrent(const Settings &settings);
    ~Recurrent();
    Recurrent(const Recurrent &) = delete;
    Recurrent &operator=(const Recurrent &) = delete;

    /// Fills inputs, states and weights with small random numbers, and outputs' gradients too.
    void randomise(unsigned seed);
    cudnnStatus_t forward(cudnnForwardMode_t mode = CUDNN_FWD_MODE_TRAINING);
    cudnnStatus_t backward_data();
    cudnnStatus_t backward_weights(cudnnWgradMode_t mode = CUDNN_WGRAD_MODE_ADD);
    /// The matrix or the bias of a linear layer.
    Part part(int pseudo, int linear, bool bias) const;
    std::vector<Part> parts() const;
    /// Begins dropout's random numbers anew.
    void seed_dropout(unsigned long long seed);

    Settings settings;
    cudnnHandle_t handle = nullptr;
    cudnnRNNDescriptor_t rnn = nullptr;
    cudnnRNNDataDescriptor_t x_shape = nullptr, y_shape = nullptr;
    cudnnTensorDescriptor_t h_shape = nullptr, c_shape = nullptr;
    cudnnDropoutDescriptor_t dropout = nullptr;
    std::unique_ptr<Buffer> x, y, hx, hy, cx, cy, dx, dy, dhx, dhy, dcx, dcy, weights, gradients, states;
    std::unique_ptr<Buffer> work, reserve;
    size_t weight_bytes = 0, work_bytes = 0, reserve_bytes = 0;

private:
    void describe();
    void allocate();
};

inline Recurrent::Recurrent(const Settings &given) : settings(given) {
    describe();
    allocate();
}

inline Recurrent::~Recurrent() {
    OK(cudnnDestroyTensorDescriptor(h_shape));
    OK(cudnnDestroyTensorDescriptor(c_shape));
    OK(cudnnDestroyRNNDataDescriptor(x_shape));
    OK(cudnnDestroyRNNDataDescriptor(y_shape));
    OK(cudnnDestroyRNNDescriptor(rnn));
    OK(cudnnDestroyDropoutDescriptor(dropout));
    OK(cudnnDestroy(handle));
}

inline void Recurrent::describe() {
    const Settings &s = settings;
    OK(cudnnCreate(&handle));
    OK(cudnnCreateDropoutDescriptor(&dropout));
    size_t bytes;
    OK(cudnnDropoutGetStatesSize(handle, &bytes));
    states = std::make_unique<Buffer>(CUDNN_DATA_DOUBLE, bytes / 8);
    seed_dropout(1);
    OK(cudnnCreateRNNDescriptor(&rnn));
    cudnnDataType_t precision = s.type == CUDNN_DATA_DOUBLE ? CUDNN_DATA_DOUBLE : CUDNN_DATA_FLOAT;
    OK(cudnnSetRNNDescriptor_v8(rnn, s.algorithm, s.mode, s.bias, s.direction, s.input_mode, s.type, precision,
        CUDNN_DEFAULT_MATH, s.input, s.hidden, s.projection, s.layers, dropout, s.flags));
    if (s.clip != 0) {
        OK(cudnnRNNSetClip_v9(rnn, CUDNN_RNN_CLIP_MINMAX, -s.clip, s.clip));
    }
    OK(cudnnCreateRNNDataDescriptor(&x_shape));
    OK(cudnnCreateRNNDataDescriptor(&y_shape));
    double wide = s.fill.value_or(0);
    auto narrow = static_cast<float>(wide);
    void *fill = !s.fill ? nullptr : s.type == CUDNN_DATA_DOUBLE ? static_cast<void *>(&wide) : &narrow;
    int width = s.directions() * s.projection;
    OK(cudnnSetRNNDataDescriptor(x_shape, s.type, s.layout, s.steps, s.batch(), s.input, s.lengths.data(), nullptr));
    OK(cudnnSetRNNDataDescriptor(y_shape, s.type, s.layout, s.steps, s.batch(), width, s.lengths.data(), fill));
    int pseudo = s.layers * s.directions();
    auto shape = [&](cudnnTensorDescriptor_t *descriptor, int last) {
        int sizes[] = {pseudo, s.batch(), last}, strides[] = {s.batch() * last, last, 1};
        OK(cudnnCreateTensorDescriptor(descriptor));
        OK(cudnnSetTensorNdDescriptor(*descriptor, s.type, 3, sizes, strides));
    };
    shape(&h_shape, s.projection);
    shape(&c_shape, s.hidden);
}

inline void Recurrent::allocate() {
    const Settings &s = settings;
    size_t vectors = static_cast<size_t>(s.steps * s.batch());
    if (s.layout == CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED) {
        vectors = 0;
        for (int length : s.lengths) {
            vectors += static_cast<size_t>(length);
        }
    }
    auto make = [&](size_t count) { return std::make_unique<Buffer>(s.type, count); };
    size_t in = vectors * static_cast<size_t>(s.input);
    size_t out = vectors * static_cast<size_t>(s.directions() * s.projection);
    size_t hidden = static_cast<size_t>(s.layers * s.directions() * s.batch() * s.projection);
    size_t cell = static_cast<size_t>(s.layers * s.directions() * s.batch() * s.hidden);
    for (auto *each : {&x, &dx}) {
        *each = make(in);
    }
    for (auto *each : {&y, &dy}) {
        *each = make(out);
    }
    for (auto *each : {&hx, &hy, &dhx, &dhy}) {
        *each = make(hidden);
    }
    for (auto *each : {&cx, &cy, &dcx, &dcy}) {
        *each = make(cell);
    }
    OK(cudnnGetRNNWeightSpaceSize(handle, rnn, &weight_bytes));
    size_t one = s.type == CUDNN_DATA_DOUBLE ? 8 : s.type == CUDNN_DATA_FLOAT ? 4 : 2;
    weights = make(weight_bytes / one);
    gradients = make(weight_bytes / one);
    OK(cudnnGetRNNTempSpaceSizes(handle, rnn, CUDNN_FWD_MODE_TRAINING, x_shape, &work_bytes, &reserve_bytes));
    work = std::make_unique<Buffer>(CUDNN_DATA_HALF, work_bytes / 2);
    reserve = std::make_unique<Buffer>(CUDNN_DATA_DOUBLE, reserve_bytes / 8);
}

inline void Recurrent::randomise(unsigned seed) {
    std::mt19937 random(seed);
    std::uniform_real_distribution<double> small(-0.8, 0.8);
    auto draw = [&](size_t count) {
        std::vector<double> values(count);
        for (double &value : values) {
            value = small(random);
        }
        return values;
    };
    for (Buffer *each : {x.get(), hx.get(), cx.get(), dy.get(), dhy.get(), dcy.get()}) {
        each->put(draw(each->count()));
    }
    for (const Part &each : parts()) {
        weights->put(draw(each.count()), each.offset);
        gradients->put(std::vector<double>(each.count()), each.offset);
    }
}

inline cudnnStatus_t Recurrent::forward(cudnnForwardMode_t mode) {
    bool training = mode == CUDNN_FWD_MODE_TRAINING;
    return cudnnRNNForward(handle, rnn, mode, nullptr, x_shape, x->pointer(), y_shape, y->pointer(), h_shape, hx->pointer(),
        hy->pointer(), c_shape, cx->pointer(), cy->pointer(), weight_bytes, weights->pointer(), work_bytes, work->pointer(),
        training ? reserve_bytes : 0, training ? reserve->pointer() : nullptr);
}

inline cudnnStatus_t Recurrent::backward_data() {
    return cudnnRNNBackwardData_v8(handle, rnn, nullptr, y_shape, y->pointer(), dy->pointer(), x_shape, dx->pointer(), h_shape,
        hx->pointer(), dhy->pointer(), dhx->pointer(), c_shape, cx->pointer(), dcy->pointer(), dcx->pointer(), weight_bytes,
        weights->pointer(), work_bytes, work->pointer(), reserve_bytes, reserve->pointer());
}

inline cudnnStatus_t Recurrent::backward_weights(cudnnWgradMode_t mode) {
    return cudnnRNNBackwardWeights_v8(handle, rnn, mode, nullptr, x_shape, x->pointer(), h_shape, hx->pointer(), y_shape,
        y->pointer(), weight_bytes, gradients->pointer(), work_bytes, work->pointer(), reserve_bytes, reserve->pointer());
}

inline Part Recurrent::part(int pseudo, int linear, bool bias) const {
    cudnnTensorDescriptor_t shapes[2];
    void *addresses[2];
    OK(cudnnCreateTensorDescriptor(&shapes[0]));
    OK(cudnnCreateTensorDescriptor(&shapes[1]));
    OK(cudnnGetRNNWeightParams(handle, rnn, pseudo, weight_bytes, weights->pointer(), linear, shapes[0], &addresses[0],
        shapes[1], &addresses[1]));
    cudnnDataType_t type;
    int count, sizes[8], strides[8];
    OK(cudnnGetTensorNdDescriptor(shapes[bias], 8, &type, &count, sizes, strides));
    OK(cudnnDestroyTensorDescriptor(shapes[0]));
    OK(cudnnDestroyTensorDescriptor(shapes[1]));
    Part result;
    if (count > 0) {
        EXPECT_EQUAL(count, 3);
        EXPECT_EQUAL(type, settings.type);
        result.shape.assign(sizes, sizes + count);
        auto bytes = static_cast<size_t>(static_cast<char *>(addresses[bias]) - static_cast<char *>(weights->pointer()));
        int gates = settings.mode == CUDNN_LSTM ? 4 : settings.mode == CUDNN_GRU ? 3 : 1;
        bool first_gate = linear % gates == 0;
        if (first_gate || settings.hidden % 2 == 1) {
            EXPECT_EQUAL(bytes % 128, size_t(0));
        }
        result.offset = bytes / (weight_bytes / weights->count());
    } else {
        EXPECT_TRUE(addresses[bias] == nullptr);
    }
    return result;
}

inline std::vector<Part> Recurrent::parts() const {
    std::vector<Part> result;
    int gates = settings.mode == CUDNN_LSTM ? 4 : settings.mode == CUDNN_GRU ? 3 : 1;
    for (int pseudo = 0; pseudo < settings.layers * settings.directions(); pseudo++) {
        for (int linear = 0; linear < 2 * gates + (settings.mode == CUDNN_LSTM); linear++) {
            for (bool bias : {false, true}) {
                result.push_back(part(pseudo, linear, bias));
                if (result.back().shape.empty()) {
                    result.pop_back();
                }
            }
        }
    }
    return result;
}

inline void Recurrent::seed_dropout(unsigned long long seed) {
    OK(cudnnSetDropoutDescriptor(dropout, handle, settings.dropout, states->pointer(), states->count() * 8, seed));
}

}  // namespace test
