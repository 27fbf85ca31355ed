// Where attention's weights and biases lie in their one buffer. The order and the strides are the stand-in's own: not those of
// cuDNN or PyTorch, so that only code that asks cudnnGetMultiHeadAttnWeights finds them.
#pragma once

#include "descriptor.hpp"
#include "heads.hpp"

namespace standin::dnn {

/// A weight [heads][outputs][inputs] or a bias [heads][outputs][1], of elements at first + h · strides[0] + …
struct Block {
    size_t first = 0;
    size_t sizes[3] = {};  // all 0 where the descriptor has no such projection or bias
    size_t strides[3] = {};

    bool present() const { return sizes[0] > 0; }
    size_t count() const { return sizes[0] * sizes[1] * sizes[2]; }
    size_t index(size_t i) const;  // of the i-th element counted without gaps
};

Block block(const cudnnAttnStruct &attention, cudnnMultiHeadAttnWeightKind_t kind);

/// Bytes of the buffer; 0 where there are no weights at all.
size_t weight_bytes(const cudnnAttnStruct &attention);

Parameters read_weights(const cudnnAttnStruct &attention, const void *weights);

/// Writes gradients to where the weights lie, or adds them; the gaps stay as they are.
void write_weights(const cudnnAttnStruct &attention, void *weights, const Parameters &values, bool add);

}  // namespace standin::dnn
