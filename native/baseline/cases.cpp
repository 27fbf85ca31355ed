#include "cases.hpp"

#include "recurrent.hpp"

#include <algorithm>

namespace baseline {

static Case recurrent(const std::string &name, RecurrentSize size, bool small) {
    if (small) {
        size.steps = 3;
        size.batch = std::min(size.batch, 2);
        size.inputs = std::min(size.inputs, 12);
        size.hidden = std::min(size.hidden, 8);
    }
    return {name, [size](const Device &device, Kernels &) { return recurrent_step(device, size); }};
}

using Maker = std::unique_ptr<Step> (*)(const Device &, Kernels &, const AttentionSize &);

static Case attention(const std::string &name, Maker maker, AttentionSize size, bool small) {
    if (small) {
        size = {std::min(size.batch, 2), 3, 16, 2, size.causal, size.way};
    }
    return {name, [maker, size](const Device &device, Kernels &kernels) { return maker(device, kernels, size); }};
}

std::vector<Case> cases(bool small, Way way) {
    std::vector<Case> all;
    const std::pair<const char *, cudnnRNNMode_t> cells[] = {
        {"rnn", CUDNN_RNN_TANH}, {"lstm", CUDNN_LSTM}, {"gru", CUDNN_GRU}};
    for (const auto &[name, mode] : cells) {
        all.push_back(recurrent(name + std::string("-A"), {mode, 50, 64, 128, 128, 1, false}, small));
        all.push_back(recurrent(name + std::string("-B"), {mode, 100, 32, 256, 512, 2, false}, small));
        all.push_back(recurrent(name + std::string("-C"), {mode, 128, 1, 128, 256, 1, false}, small));
        all.push_back(recurrent(name + std::string("-D"), {mode, 64, 64, 300, 256, 2, true}, small));
    }
    all.push_back(attention("multi-head", multi_head_step, {32, 128, 512, 8, false, way}, small));
    all.push_back(attention("dot-product", dot_product_step, {32, 128, 512, 8, false, way}, small));
    all.push_back(attention("causal-dot-product", dot_product_step, {32, 128, 512, 8, true, way}, small));
    all.push_back(attention("encoder-512-batch-8", encoder_step, {8, 128, 512, 8, false, way}, small));
    all.push_back(attention("encoder-256-batch-32", encoder_step, {32, 64, 256, 8, false, way}, small));
    all.push_back(attention("encoder-512-batch-1", encoder_step, {1, 128, 512, 8, false, way}, small));
    all.push_back(attention("encoder-256-batch-1", encoder_step, {1, 128, 256, 8, false, way}, small));
    return all;
}

}  // namespace baseline
