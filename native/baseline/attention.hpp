// Scaled dot-product attention, by cuBLAS or by cuDNN's multi-head attention, and the multi-head module around it.
#pragma once

#include "operations.hpp"
#include "step.hpp"

namespace baseline {

/// Gatun's way where nothing else is asked for, and the one that -Dgatun.cuda.multihead=true asks for.
enum class Way { blas, multi_head };

/// Self-attention of sequences of one length.
struct AttentionSize {
    int batch, steps, size, heads;
    bool causal = false;
    Way way = Way::blas;

    int each() const { return size / heads; }
    int rows() const { return batch * steps; }
    size_t elements() const { return static_cast<size_t>(batch) * static_cast<size_t>(steps) * static_cast<size_t>(size); }
    int sequences() const { return batch * heads; }
};

/// Queries, keys, values, an output or a gradient of one of them: where it lies, and whether its heads lie inside the steps, `row`
/// elements from step to step, instead of one after another without gaps.
struct Heads {
    float *at;
    int row = 0;
};

/// What a core reads and writes: y of q, k and v, and of dy the gradients of these.
struct Operands {
    Heads qkv[3], y, dy, gradients[3];
};

/// The core of an attention, over operands that stay where they are.
class Core {
public:
    virtual ~Core() = default;

    virtual void forward(bool records) = 0;
    virtual void backward() = 0;
};

std::unique_ptr<Core> core(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands);
std::unique_ptr<Core> blas_core(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands);
std::unique_ptr<Core> multi_head_core(const Device &device, Kernels &kernels, const AttentionSize &size, const Operands &operands);

/// The module: projections in and out, one packed weight for queries, keys and values.
class MultiHead {
public:
    MultiHead(const Device &device, Kernels &kernels, Operations &operations, const AttentionSize &size);

    void forward(bool records, const float *x, float *y);
    void backward(const float *x, const float *dy, float *dx);
    Results gradients(const Device &device) const;

private:
    Linear in() const { return {size_.rows(), size_.size, 3 * size_.size}; }
    Linear out() const { return {size_.rows(), size_.size, size_.size}; }
    Heads part(const Floats &packed, int which) const {
        return {packed.at(static_cast<size_t>(which * size_.size)), 3 * size_.size};
    }

    Operations &operations_;
    AttentionSize size_;
    Floats in_weight_, in_bias_, out_weight_, out_bias_;
    Floats din_weight_, din_bias_, dout_weight_, dout_bias_;
    Floats packed_, dpacked_, joined_, djoined_;
    std::unique_ptr<Core> core_;
};

std::unique_ptr<Step> dot_product_step(const Device &device, Kernels &kernels, const AttentionSize &size);
std::unique_ptr<Step> multi_head_step(const Device &device, Kernels &kernels, const AttentionSize &size);
/// An encoder layer with the norms after, ReLU, a feed-forward net four times as wide, without dropout.
std::unique_ptr<Step> encoder_step(const Device &device, Kernels &kernels, const AttentionSize &size);

}  // namespace baseline
