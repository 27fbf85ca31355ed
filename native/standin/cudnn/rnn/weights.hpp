// Where the weights of a network lie in the weight space. The order is this library's own, which is not PyTorch's: pseudo-layers
// and their linear layers from the last to the first, each bias before its matrix, each on a boundary of 128 bytes, with gaps of at
// least 128 bytes between them. Where the hidden size is even, the gates of a matrix or bias follow one another instead, in order and
// without gaps, so that callers who may rely on either are seen to cope with both. Only cudnnGetRNNWeightParams tells.
#pragma once

#include "descriptor.hpp"

namespace standin::dnn::rnn {

/// A matrix or a bias in the weight space; absent where it has no rows.
struct Block {
    size_t offset = 0;  // bytes
    size_t rows = 0;
    size_t columns = 0;

    bool present() const { return rows > 0; }
};

struct Linear {
    Block matrix;
    Block bias;
};

/// The places of all weights of a network.
class WeightSpace {
public:
    explicit WeightSpace(const cudnnRNNStruct &descriptor);

    size_t bytes() const { return bytes_; }
    /// Linear layers of a cell: gates of the input, gates of the recurrence, LSTM: the projection.
    size_t linear_layers() const { return linear_layers_; }
    const Linear &at(size_t pseudo, size_t linear) const { return linears_[pseudo * linear_layers_ + linear]; }

    /// Reads all weights. A skipped input is a matrix of ones for each gate.
    std::vector<Weights> read(const void *memory) const;
    /// Adds gradients to what lies at the places of their weights; gaps stay as they are.
    void add(void *memory, const std::vector<Weights> &gradients) const;

private:
    void place(size_t pseudo, size_t linear);
    void place_gates_together(size_t pseudo);
    /// Calls visit(block, values) for each block that is present, with the part of the weights that lies there.
    template <class W, class Visit>
    void for_each_block(size_t pseudo, W &weights, Visit visit) const;

    cudnnRNNStruct descriptor_;
    Network network_;
    size_t linear_layers_;
    std::vector<Linear> linears_;
    size_t bytes_ = 0;
};

}  // namespace standin::dnn::rnn
