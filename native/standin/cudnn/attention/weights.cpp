#include "weights.hpp"

#include <algorithm>

namespace standin::dnn {
namespace {

// The order in the buffer.
constexpr cudnnMultiHeadAttnWeightKind_t kinds[] = {CUDNN_MH_ATTN_V_WEIGHTS, CUDNN_MH_ATTN_O_WEIGHTS, CUDNN_MH_ATTN_K_WEIGHTS,
    CUDNN_MH_ATTN_Q_WEIGHTS, CUDNN_MH_ATTN_O_BIASES, CUDNN_MH_ATTN_Q_BIASES, CUDNN_MH_ATTN_V_BIASES, CUDNN_MH_ATTN_K_BIASES};

constexpr size_t alignment = 32;  // elements

bool bias(cudnnMultiHeadAttnWeightKind_t kind) {
    return kind >= CUDNN_MH_ATTN_Q_BIASES;
}

// Sizes and strides alone; biases are interleaved by head, one matrix in two lies head by head and transposed with a gap after
// each column, the others have the head between inputs and outputs.
Block shape(const cudnnAttnStruct &attention, cudnnMultiHeadAttnWeightKind_t kind) {
    auto group = bias(kind) ? kind - CUDNN_MH_ATTN_Q_BIASES : int(kind);
    const int outputs[] = {attention.query_projection, attention.key_projection, attention.value_projection,
        attention.output_projection};
    const int inputs[] = {attention.query, attention.key, attention.value, attention.summed()};
    auto heads = static_cast<size_t>(attention.heads);
    auto from = static_cast<size_t>(inputs[group]);
    auto to = static_cast<size_t>(outputs[group]);
    if (to == 0 || (bias(kind) && !attention.biased())) {
        return {};
    }
    if (kind == CUDNN_MH_ATTN_O_BIASES) {
        return {0, {1, to, 1}, {to, 1, 1}};
    }
    if (bias(kind)) {
        return {0, {heads, to, 1}, {1, heads, 1}};
    }
    if (kind == CUDNN_MH_ATTN_Q_WEIGHTS || kind == CUDNN_MH_ATTN_K_WEIGHTS) {
        return {0, {heads, to, from}, {from * (to + 1), 1, to + 1}};
    }
    return {0, {heads, to, from}, {to, 1, heads * to}};
}

size_t end(const Block &block) {
    size_t last = block.first;
    for (int i = 0; i < 3; i++) {
        last += (block.sizes[i] - 1) * block.strides[i];
    }
    return last + 1;
}

std::vector<double> Parameters::*member(cudnnMultiHeadAttnWeightKind_t kind) {
    switch (kind) {
        case CUDNN_MH_ATTN_Q_WEIGHTS: return &Parameters::query;
        case CUDNN_MH_ATTN_K_WEIGHTS: return &Parameters::key;
        case CUDNN_MH_ATTN_V_WEIGHTS: return &Parameters::value;
        case CUDNN_MH_ATTN_O_WEIGHTS: return &Parameters::output;
        case CUDNN_MH_ATTN_Q_BIASES: return &Parameters::query_bias;
        case CUDNN_MH_ATTN_K_BIASES: return &Parameters::key_bias;
        case CUDNN_MH_ATTN_V_BIASES: return &Parameters::value_bias;
        case CUDNN_MH_ATTN_O_BIASES: return &Parameters::output_bias;
    }
    return nullptr;
}

}  // namespace

size_t Block::index(size_t i) const {
    size_t input = i % sizes[2];
    size_t output = i / sizes[2] % sizes[1];
    size_t head = i / sizes[2] / sizes[1];
    return first + head * strides[0] + output * strides[1] + input * strides[2];
}

Block block(const cudnnAttnStruct &attention, cudnnMultiHeadAttnWeightKind_t wanted) {
    size_t next = 0;
    for (auto kind : kinds) {
        Block found = shape(attention, kind);
        if (found.present()) {
            found.first = (next / alignment + 1) * alignment;
            next = end(found);
        }
        if (kind == wanted) {
            return found;
        }
    }
    return {};
}

size_t weight_bytes(const cudnnAttnStruct &attention) {
    size_t last = 0;
    for (auto kind : kinds) {
        Block one = block(attention, kind);
        last = one.present() ? std::max(last, end(one)) : last;
    }
    return last * bytes_of(attention.type);
}

Parameters read_weights(const cudnnAttnStruct &attention, const void *weights) {
    Parameters values;
    for (auto kind : kinds) {
        Block from = block(attention, kind);
        auto &to = values.*member(kind);
        to.resize(from.count());
        for (size_t i = 0; i < to.size(); i++) {
            to[i] = load(element(attention.type), weights, from.index(i));
        }
    }
    return values;
}

void write_weights(const cudnnAttnStruct &attention, void *weights, const Parameters &values, bool add) {
    Type type = element(attention.type);
    for (auto kind : kinds) {
        Block to = block(attention, kind);
        const auto &from = values.*member(kind);
        for (size_t i = 0; i < to.count(); i++) {
            double before = add ? load(type, weights, to.index(i)) : 0;
            store(type, weights, to.index(i), before + from[i]);
        }
    }
}

}  // namespace standin::dnn

using namespace standin::dnn;

// Any buffer may be missing that the caller does not use; reserve space is for training.
cudnnStatus_t cudnnGetMultiHeadAttnWeights(cudnnHandle_t handle, const cudnnAttnDescriptor_t attnDesc,
    cudnnMultiHeadAttnWeightKind_t wKind, size_t weightSizeInBytes, const void *weights, cudnnTensorDescriptor_t wDesc,
    void **wAddr) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle));
    const cudnnAttnStruct *found = attention(__func__, attnDesc);
    DNN_BAD(found == nullptr || wAddr == nullptr || weights == nullptr);
    DNN_BAD(wKind < CUDNN_MH_ATTN_Q_WEIGHTS || wKind > CUDNN_MH_ATTN_O_BIASES);
    DNN_BAD(weightSizeInBytes < weight_bytes(*found));
    DNN_BAD(wDesc == nullptr || tensors().find(__func__, wDesc) == nullptr);
    Block wanted = block(*found, wKind);
    if (!wanted.present()) {
        *wDesc = {};
        *wAddr = nullptr;
        return CUDNN_STATUS_SUCCESS;
    }
    *wDesc = {true, found->type, {std::begin(wanted.sizes), std::end(wanted.sizes)},
        {std::begin(wanted.strides), std::end(wanted.strides)}};
    *wAddr = const_cast<char *>(static_cast<const char *>(weights)) + wanted.first * bytes_of(found->type);
    return CUDNN_STATUS_SUCCESS;
}
