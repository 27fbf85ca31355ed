#include "weights.hpp"

#include "cudnn/tensor.hpp"

namespace standin::dnn::rnn {
namespace {

constexpr size_t boundary = 128;
constexpr size_t gap = 128;

size_t aligned(size_t bytes) {
    return (bytes + boundary - 1) / boundary * boundary;
}

}  // namespace

WeightSpace::WeightSpace(const cudnnRNNStruct &descriptor) : descriptor_(descriptor), network_(network_of(descriptor)) {
    linear_layers_ = 2 * network_.gates() + (network_.mode == CUDNN_LSTM ? 1 : 0);
    linears_.resize(network_.pseudo_layers() * linear_layers_);
    bytes_ = gap;
    for (size_t pseudo = network_.pseudo_layers(); pseudo-- > 0;) {
        if (network_.hidden % 2 == 0) {
            place_gates_together(pseudo);
            continue;
        }
        for (size_t linear = linear_layers_; linear-- > 0;) {
            place(pseudo, linear);
        }
    }
}

void WeightSpace::place_gates_together(size_t pseudo) {
    size_t gates = network_.gates();
    size_t layer = pseudo / network_.directions;
    size_t scalar = bytes_of(descriptor_.type);
    for (bool recurrent : {true, false}) {
        for (bool bias : {true, false}) {
            bool absent = bias ? !(recurrent ? descriptor_.has_recurrent_bias() : descriptor_.has_input_bias())
                               : !recurrent && descriptor_.skips_input(layer);
            size_t columns = bias ? 1 : recurrent ? network_.output : network_.input_of(layer);
            for (size_t gate = 0; gate < gates && !absent; gate++) {
                Linear &own = linears_[pseudo * linear_layers_ + (recurrent ? gates : 0) + gate];
                (bias ? own.bias : own.matrix) = {bytes_, network_.hidden, columns};
                bytes_ += network_.hidden * columns * scalar;
            }
            bytes_ = aligned(bytes_) + gap;
        }
    }
    if (network_.projected()) {
        place(pseudo, 2 * gates);
    }
}

void WeightSpace::place(size_t pseudo, size_t linear) {
    size_t layer = pseudo / network_.directions;
    size_t gates = network_.gates();
    Linear &own = linears_[pseudo * linear_layers_ + linear];
    auto put = [this](Block &block, size_t rows, size_t columns) {
        block = {bytes_, rows, columns};
        bytes_ = aligned(bytes_ + rows * columns * bytes_of(descriptor_.type)) + gap;
    };
    if (linear < gates) {
        if (descriptor_.has_input_bias()) {
            put(own.bias, network_.hidden, 1);
        }
        if (!descriptor_.skips_input(layer)) {
            put(own.matrix, network_.hidden, network_.input_of(layer));
        }
    } else if (linear < 2 * gates) {
        if (descriptor_.has_recurrent_bias()) {
            put(own.bias, network_.hidden, 1);
        }
        put(own.matrix, network_.hidden, network_.output);
    } else if (network_.projected()) {
        put(own.matrix, network_.output, network_.hidden);
    }
}

template <class W, class Visit>
void WeightSpace::for_each_block(size_t pseudo, W &weights, Visit visit) const {
    size_t gates = network_.gates();
    for (size_t linear = 0; linear < linear_layers_; linear++) {
        const Linear &own = at(pseudo, linear);
        bool recurrent = linear >= gates;
        size_t row = (recurrent ? linear - gates : linear) * network_.hidden;
        auto &matrix = linear == 2 * gates ? weights.projection : recurrent ? weights.recurrent : weights.input;
        auto &bias = recurrent ? weights.recurrent_bias : weights.input_bias;
        if (own.matrix.present()) {
            visit(own.matrix, matrix.row(linear == 2 * gates ? 0 : row));
        }
        if (own.bias.present()) {
            visit(own.bias, bias.data() + row);
        }
    }
}

std::vector<Weights> WeightSpace::read(const void *memory) const {
    std::vector<Weights> result;
    for (size_t pseudo = 0; pseudo < network_.pseudo_layers(); pseudo++) {
        size_t layer = pseudo / network_.directions;
        Weights &weights = result.emplace_back(network_, layer);
        if (descriptor_.skips_input(layer)) {
            for (size_t row = 0; row < weights.input.rows; row++) {
                weights.input.row(row)[row % network_.hidden] = 1;
            }
        }
        for_each_block(pseudo, weights, [&](const Block &block, double *values) {
            const void *begin = static_cast<const char *>(memory) + block.offset;
            for (size_t i = 0; i < block.rows * block.columns; i++) {
                values[i] = load(element(descriptor_.type), begin, i);
            }
        });
    }
    return result;
}

void WeightSpace::add(void *memory, const std::vector<Weights> &gradients) const {
    for (size_t pseudo = 0; pseudo < network_.pseudo_layers(); pseudo++) {
        for_each_block(pseudo, gradients[pseudo], [&](const Block &block, const double *values) {
            void *begin = static_cast<char *>(memory) + block.offset;
            Type type = element(descriptor_.type);
            for (size_t i = 0; i < block.rows * block.columns; i++) {
                store(type, begin, i, load(type, begin, i) + values[i]);
            }
        });
    }
}

}  // namespace standin::dnn::rnn

using namespace standin::dnn;
using namespace standin::dnn::rnn;

namespace {

// Writes a block's shape and address; no dimensions and null where it does not exist, as documented.
void tell(const Block &block, cudnnDataType_t type, const void *memory, cudnnTensorDescriptor_t shape, void **address) {
    if (!block.present()) {
        *shape = {true, type, {}, {}};
        *address = nullptr;
        return;
    }
    describe(*shape, type, {1, static_cast<int>(block.rows), static_cast<int>(block.columns)});
    *address = const_cast<char *>(static_cast<const char *>(memory)) + block.offset;
}

}  // namespace

cudnnStatus_t cudnnGetRNNWeightSpaceSize(cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, size_t *weightSpaceSize) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle) || descriptor(__func__, rnnDesc) == nullptr || weightSpaceSize == nullptr);
    DNN_BAD(rnnDesc->input_mode == CUDNN_SKIP_INPUT && rnnDesc->hidden != rnnDesc->input);
    *weightSpaceSize = WeightSpace(*rnnDesc).bytes();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnGetRNNWeightParams(cudnnHandle_t handle, cudnnRNNDescriptor_t rnnDesc, int32_t pseudoLayer,
    size_t weightSpaceSize, const void *weightSpace, int32_t linLayerID, cudnnTensorDescriptor_t mDesc, void **mAddr,
    cudnnTensorDescriptor_t bDesc, void **bAddr) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle) || descriptor(__func__, rnnDesc) == nullptr);
    DNN_BAD(weightSpace == nullptr || mAddr == nullptr || bAddr == nullptr || mDesc == nullptr || bDesc == nullptr);
    DNN_BAD(tensors().find(__func__, mDesc) == nullptr || tensors().find(__func__, bDesc) == nullptr);
    DNN_BAD(rnnDesc->input_mode == CUDNN_SKIP_INPUT && rnnDesc->hidden != rnnDesc->input);
    WeightSpace space(*rnnDesc);
    DNN_BAD(pseudoLayer < 0 || pseudoLayer >= rnnDesc->layers * rnnDesc->directions());
    DNN_BAD(linLayerID < 0 || static_cast<size_t>(linLayerID) >= space.linear_layers());
    DNN_BAD(weightSpaceSize < space.bytes());
    DNN_BAD(!standin::check(__func__, {weightSpace, weightSpaceSize, "weightSpace"}));
    const Linear &linear = space.at(static_cast<size_t>(pseudoLayer), static_cast<size_t>(linLayerID));
    tell(linear.matrix, rnnDesc->type, weightSpace, mDesc, mAddr);
    tell(linear.bias, rnnDesc->type, weightSpace, bDesc, bAddr);
    return CUDNN_STATUS_SUCCESS;
}
