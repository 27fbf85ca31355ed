#include "recurrent.hpp"

#include "weights.hpp"

#include <cmath>

namespace baseline {

namespace {

/// The descriptors of a stack and its batch, and the memory that they ask for.
class Stack {
public:
    Stack(const Device &device, const RecurrentSize &size) {
        CALL(cudnnCreateRNNDescriptor(&rnn));
        CALL(cudnnSetRNNDescriptor_v8(rnn, CUDNN_RNN_ALGO_STANDARD, size.mode, CUDNN_RNN_DOUBLE_BIAS,
            size.bidirectional ? CUDNN_BIDIRECTIONAL : CUDNN_UNIDIRECTIONAL, CUDNN_LINEAR_INPUT, CUDNN_DATA_FLOAT,
            CUDNN_DATA_FLOAT, device.math_type(), size.inputs, size.hidden, size.hidden, size.layers, nullptr,
            CUDNN_RNN_PADDED_IO_ENABLED));
        x = data(size, size.inputs);
        y = data(size, size.directions() * size.hidden);
        int sizes[] = {size.layers * size.directions(), size.batch, size.hidden};
        int strides[] = {size.batch * size.hidden, size.hidden, 1};
        CALL(cudnnCreateTensorDescriptor(&states));
        CALL(cudnnSetTensorNdDescriptor(states, CUDNN_DATA_FLOAT, 3, sizes, strides));
        CALL(cudnnGetRNNWeightSpaceSize(device.dnn, rnn, &weight_bytes));
        size_t none;
        CALL(cudnnGetRNNTempSpaceSizes(device.dnn, rnn, CUDNN_FWD_MODE_INFERENCE, x, &inference_bytes, &none));
        CALL(cudnnGetRNNTempSpaceSizes(device.dnn, rnn, CUDNN_FWD_MODE_TRAINING, x, &work_bytes, &reserve_bytes));
    }

    ~Stack() {
        CALL(cudnnDestroyTensorDescriptor(states));
        CALL(cudnnDestroyRNNDataDescriptor(y));
        CALL(cudnnDestroyRNNDataDescriptor(x));
        CALL(cudnnDestroyRNNDescriptor(rnn));
    }

    Stack(const Stack &) = delete;
    Stack &operator=(const Stack &) = delete;

    cudnnRNNDescriptor_t rnn = nullptr;
    cudnnRNNDataDescriptor_t x = nullptr, y = nullptr;
    cudnnTensorDescriptor_t states = nullptr;
    size_t weight_bytes = 0, inference_bytes = 0, work_bytes = 0, reserve_bytes = 0;

private:
    static cudnnRNNDataDescriptor_t data(const RecurrentSize &size, int features) {
        std::vector<int> lengths(static_cast<size_t>(size.batch), size.steps);
        float zero = 0;
        cudnnRNNDataDescriptor_t descriptor;
        CALL(cudnnCreateRNNDataDescriptor(&descriptor));
        CALL(cudnnSetRNNDataDescriptor(descriptor, CUDNN_DATA_FLOAT, CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED, size.steps,
            size.batch, features, lengths.data(), &zero));
        return descriptor;
    }
};

class RecurrentStep : public Step {
public:
    RecurrentStep(const Device &device, const RecurrentSize &size)
        : device_(device), stack_(device, size), has_cell_(size.mode == CUDNN_LSTM),
          parts_(parts(device, stack_.rnn, stack_.weight_bytes, sizeof(float), size.layers * size.directions(), products(size))),
          x_(elements(size, size.inputs), 1, 1),
          weights_(stack_.weight_bytes / sizeof(float)),
          y_(elements(size, size.directions() * size.hidden)), dy_(y_.count(), 9, 1), dx_(x_.count()), dweights_(weights_.count()),
          hn_(states(size)), cn_(states(size)), inference_work_(stack_.inference_bytes),
          work_(stack_.work_bytes), reserve_(stack_.reserve_bytes) {
        fill(weights_, parts_, 2, 1 / std::sqrt(static_cast<float>(size.hidden)));
    }

    void inference() override { forward(CUDNN_FWD_MODE_INFERENCE, inference_work_, nullptr); }

    void training() override {
        forward(CUDNN_FWD_MODE_TRAINING, work_, &reserve_);
        CALL(cudnnRNNBackwardData_v8(device_.dnn, stack_.rnn, nullptr, stack_.y, y_.at(), dy_.at(), stack_.x, dx_.at(),
            stack_.states, nullptr, nullptr, nullptr, stack_.states, nullptr, nullptr, nullptr, stack_.weight_bytes,
            weights_.at(), work_.bytes(), work_.pointer(), reserve_.bytes(), reserve_.pointer()));
        CALL(cudaMemsetAsync(dweights_.at(), 0, stack_.weight_bytes, device_.stream));
        CALL(cudnnRNNBackwardWeights_v8(device_.dnn, stack_.rnn, CUDNN_WGRAD_MODE_ADD, nullptr, stack_.x, x_.at(),
            stack_.states, nullptr, stack_.y, y_.at(), stack_.weight_bytes, dweights_.at(), work_.bytes(), work_.pointer(),
            reserve_.bytes(), reserve_.pointer()));
    }

    Results results(const Device &device) const override {
        Results all = {
            {"y", y_.values(device)}, {"hn", hn_.values(device)}, {"dx", dx_.values(device)}, {"dweights", gather(dweights_.values(device), parts_)}};
        if (has_cell_) {
            all.emplace_back("cn", cn_.values(device));
        }
        return all;
    }

private:
    static size_t elements(const RecurrentSize &size, int features) {
        return static_cast<size_t>(size.steps) * static_cast<size_t>(size.batch) * static_cast<size_t>(features);
    }
    static int products(const RecurrentSize &size) { return size.mode == CUDNN_LSTM ? 8 : size.mode == CUDNN_GRU ? 6 : 2; }
    static size_t states(const RecurrentSize &size) {
        return static_cast<size_t>(size.layers * size.directions() * size.batch * size.hidden);
    }

    void forward(cudnnForwardMode_t mode, const Block &work, const Block *reserve) {
        CALL(cudnnRNNForward(device_.dnn, stack_.rnn, mode, nullptr, stack_.x, x_.at(), stack_.y, y_.at(), stack_.states, nullptr,
            hn_.at(), stack_.states, nullptr, has_cell_ ? cn_.at() : nullptr, stack_.weight_bytes, weights_.at(), work.bytes(),
            work.pointer(), reserve == nullptr ? 0 : reserve->bytes(), reserve == nullptr ? nullptr : reserve->pointer()));
    }

    const Device &device_;
    Stack stack_;
    bool has_cell_;
    std::vector<Part> parts_;
    Floats x_, weights_, y_, dy_, dx_, dweights_, hn_, cn_;
    Block inference_work_, work_, reserve_;
};

}  // namespace

std::unique_ptr<Step> recurrent_step(const Device &device, const RecurrentSize &size) {
    return std::make_unique<RecurrentStep>(device, size);
}

}  // namespace baseline
