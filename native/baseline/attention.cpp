#include "attention.hpp"

#include <cmath>

namespace baseline {

namespace {

/// The Masking of attention.cu.
struct Masking {
    long long batch, heads, queries, keys;
    const void *mask;
    long long mask_stride[4];
    const unsigned char *padding;
    long long padding_stride[2];
    int kind, causal;
};

/// The Dropping of philox.cuh.
struct Dropping {
    unsigned long long seed, offset;
    float high, low;
    unsigned threshold;
    int on;
};

Extent extent(const AttentionSize &size, int m, int n, int k) {
    return {size.batch, size.heads, m, n, k};
}

Heads scores(const AttentionSize &size, const Floats &at) {
    long long each = 1LL * size.steps * size.steps;
    return {at.at(), size.heads * each, each, size.steps};
}

float deviation(int inputs) {
    return 1 / std::sqrt(static_cast<float>(inputs));
}

}  // namespace

Core::Core(const Device &device, Kernels &kernels, const AttentionSize &size, const Heads (&qkv)[3], const Heads &y,
    const Heads &dy, const Heads (&gradients)[3])
    : kernels_(kernels), size_(size), scores_(size.scores()), dscores_(size.scores()),
      log_sums_(size.scores() / static_cast<size_t>(size.steps)),
      to_scores_(device, extent(size, size.steps, size.steps, size.each()), qkv[0], qkv[1].turned(), scores(size, scores_)),
      to_y_(device, extent(size, size.steps, size.each(), size.steps), scores(size, scores_), qkv[2], y),
      to_dscores_(device, extent(size, size.steps, size.steps, size.each()), dy, qkv[2].turned(), scores(size, dscores_)),
      to_dq_(device, extent(size, size.steps, size.each(), size.steps), scores(size, dscores_), qkv[1], gradients[0]),
      to_dk_(device, extent(size, size.steps, size.each(), size.steps), scores(size, dscores_).turned(), qkv[0], gradients[1]),
      to_dv_(device, extent(size, size.steps, size.each(), size.steps), scores(size, scores_).turned(), dy, gradients[2]) {}

void Core::rows(const char *kernel, float *first, float *second, const float *third, const float *fourth) {
    Masking masking = {size_.batch, size_.heads, size_.steps, size_.steps, nullptr, {}, nullptr, {}, 0, size_.causal};
    Arguments arguments;
    arguments << masking << 1 / std::sqrt(static_cast<float>(size_.each())) << Dropping{0, 0, 1, 0, 0, 0};
    arguments << first << second << third;
    if (fourth != nullptr || second != nullptr) {
        arguments << fourth;
    }
    kernels_.over_rows("attention", kernel, arguments, 1LL * size_.batch * size_.heads * size_.steps, size_.steps);
}

void Core::forward(bool records) {
    to_scores_.run();
    rows("attentionSoftmax", scores_.at(), nullptr, records ? log_sums_.at() : nullptr, nullptr);
    to_y_.run();
}

void Core::backward() {
    to_scores_.run();
    to_dscores_.run();
    rows("attentionBackward", scores_.at(), dscores_.at(), log_sums_.at(), nullptr);
    to_dq_.run();
    to_dk_.run();
    to_dv_.run();
}

MultiHead::MultiHead(const Device &device, Kernels &kernels, Operations &operations, const AttentionSize &size)
    : operations_(operations), size_(size),
      in_weight_(static_cast<size_t>(3 * size.size * size.size), 11, deviation(size.size)),
      in_bias_(static_cast<size_t>(3 * size.size), 12, 0.1F),
      out_weight_(static_cast<size_t>(size.size * size.size), 13, deviation(size.size)),
      out_bias_(static_cast<size_t>(size.size), 14, 0.1F),
      din_weight_(in_weight_.count()), din_bias_(in_bias_.count()), dout_weight_(out_weight_.count()),
      dout_bias_(out_bias_.count()),
      packed_(3 * size.elements()), dpacked_(3 * size.elements()), joined_(size.elements()), djoined_(size.elements()),
      core_(device, kernels, size, {part(packed_, 0), part(packed_, 1), part(packed_, 2)},
          size.steps_outside(joined_.at(), size.size), size.steps_outside(djoined_.at(), size.size),
          {part(dpacked_, 0), part(dpacked_, 1), part(dpacked_, 2)}) {}

void MultiHead::forward(bool records, const float *x, float *y) {
    operations_.linear(in(), x, in_weight_.at(), in_bias_.at(), packed_.at());
    core_.forward(records);
    operations_.linear(out(), joined_.at(), out_weight_.at(), out_bias_.at(), y);
}

void MultiHead::backward(const float *x, const float *dy, float *dx) {
    operations_.linear_backward(
        out(), joined_.at(), out_weight_.at(), dy, djoined_.at(), dout_weight_.at(), dout_bias_.at());
    core_.backward();
    operations_.linear_backward(in(), x, in_weight_.at(), dpacked_.at(), dx, din_weight_.at(), din_bias_.at());
}

Results MultiHead::gradients(const Device &device) const {
    return {{"in_proj_weight", din_weight_.values(device)}, {"in_proj_bias", din_bias_.values(device)}, {"out_proj.weight", dout_weight_.values(device)},
        {"out_proj.bias", dout_bias_.values(device)}};
}

}  // namespace baseline
