#include "attention.hpp"
#include "product.hpp"

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

Matrices matrices(const AttentionSize &size, const Heads &heads) {
    long long steps = size.steps;
    return heads.row == 0 ? Matrices{heads.at, steps * size.size, steps * size.each(), size.each()}
                          : Matrices{heads.at, steps * heads.row, size.each(), heads.row};
}

Matrices scores(const AttentionSize &size, const Floats &at) {
    long long each = 1LL * size.steps * size.steps;
    return {at.at(), size.heads * each, each, size.steps};
}

size_t score_count(const AttentionSize &size) {
    return static_cast<size_t>(size.sequences()) * static_cast<size_t>(size.steps) * static_cast<size_t>(size.steps);
}

/// By cuBLAS and Gatun's kernels: the rows of scores stand in memory while they are worked on, and are computed again in the backward pass.
class BlasCore : public Core {
public:
    BlasCore(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &on)
        : kernels_(kernels), size_(size), scores_(score_count(size)), dscores_(scores_.count()),
          log_sums_(scores_.count() / static_cast<size_t>(size.steps)),
          to_scores_(device, to_keys(), matrices(size, on.qkv[0]), matrices(size, on.qkv[1]).turned(), scores(size, scores_)),
          to_y_(device, from_keys(), scores(size, scores_), matrices(size, on.qkv[2]), matrices(size, on.y)),
          to_dscores_(device, to_keys(), matrices(size, on.dy), matrices(size, on.qkv[2]).turned(), scores(size, dscores_)),
          to_dq_(device, from_keys(), scores(size, dscores_), matrices(size, on.qkv[1]), matrices(size, on.gradients[0])),
          to_dk_(device, from_keys(), scores(size, dscores_).turned(), matrices(size, on.qkv[0]), matrices(size, on.gradients[1])),
          to_dv_(device, from_keys(), scores(size, scores_).turned(), matrices(size, on.dy), matrices(size, on.gradients[2])) {}

    void forward(bool records) override {
        to_scores_.run();
        Arguments arguments;
        begin(arguments);
        arguments << scores_.at() << NONE << (records ? log_sums_.at() : NONE);
        over_scores("attentionSoftmax", arguments);
        to_y_.run();
    }

    void backward() override {
        to_scores_.run();
        to_dscores_.run();
        Arguments arguments;
        begin(arguments);
        arguments << scores_.at() << dscores_.at() << log_sums_.at() << NONE;
        over_scores("attentionBackward", arguments);
        to_dq_.run();
        to_dk_.run();
        to_dv_.run();
    }

private:
    static constexpr float *NONE = nullptr;

    Extent to_keys() const { return {size_.batch, size_.heads, size_.steps, size_.steps, size_.each()}; }
    Extent from_keys() const { return {size_.batch, size_.heads, size_.steps, size_.each(), size_.steps}; }

    /// What both kernels take first: no mask but causality, no dropout.
    void begin(Arguments &arguments) const {
        Masking masking = {size_.batch, size_.heads, size_.steps, size_.steps, nullptr, {}, nullptr, {}, 0, size_.causal};
        arguments << masking << 1 / std::sqrt(static_cast<float>(size_.each())) << Dropping{};
    }

    void over_scores(const char *kernel, Arguments &arguments) {
        kernels_.over_rows("attention", kernel, arguments, 1LL * size_.sequences() * size_.steps, size_.steps);
    }

    Kernels &kernels_;
    AttentionSize size_;
    Floats scores_, dscores_, log_sums_;
    Product to_scores_, to_y_, to_dscores_, to_dq_, to_dk_, to_dv_;
};

}  // namespace

std::unique_ptr<Core> blas_core(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands) {
    return std::make_unique<BlasCore>(device, kernels, size, operands);
}

std::unique_ptr<Core> core(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands) {
    return (size.way == Way::blas ? blas_core : multi_head_core)(device, kernels, size, operands);
}

}  // namespace baseline
