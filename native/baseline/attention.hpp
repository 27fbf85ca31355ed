// Scaled dot-product attention by cuBLAS and Gatun's kernels, and the multi-head module around it.
#pragma once

#include "operations.hpp"
#include "product.hpp"
#include "step.hpp"

namespace baseline {

/// Self-attention of sequences of one length.
struct AttentionSize {
    int batch, steps, size, heads;
    bool causal = false;

    int each() const { return size / heads; }
    int rows() const { return batch * steps; }
    size_t elements() const { return static_cast<size_t>(batch) * static_cast<size_t>(steps) * static_cast<size_t>(size); }
    size_t scores() const {
        return static_cast<size_t>(batch) * static_cast<size_t>(heads) * static_cast<size_t>(steps) * static_cast<size_t>(steps);
    }
    /// [batch, heads, steps, each], whatever `steps` lies between; `row` elements from step to step.
    Heads steps_outside(float *at, int row) const { return {at, 1LL * steps * row, each(), row}; }
    Heads heads_outside(float *at) const { return {at, 1LL * steps * size, 1LL * steps * each(), each()}; }
};

/// The core: reads q, k and v and writes y, and reads dy and writes dq, dk and dv.
class Core {
public:
    Core(const Device &device, Kernels &kernels, const AttentionSize &size, const Heads (&qkv)[3], const Heads &y,
        const Heads &dy, const Heads (&gradients)[3]);

    void forward(bool records);
    void backward();

private:
    void rows(const char *kernel, float *first, float *second, const float *third, const float *fourth);

    Kernels &kernels_;
    AttentionSize size_;
    Floats scores_, dscores_, log_sums_;
    Product to_scores_, to_y_, to_dscores_, to_dq_, to_dk_, to_dv_;
};

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
        return size_.steps_outside(packed.at(static_cast<size_t>(which * size_.size)), 3 * size_.size);
    }

    Operations &operations_;
    AttentionSize size_;
    Floats in_weight_, in_bias_, out_weight_, out_bias_;
    Floats din_weight_, din_bias_, dout_weight_, dout_bias_;
    Floats packed_, dpacked_, joined_, djoined_;
    Core core_;
};

std::unique_ptr<Step> dot_product_step(const Device &device, Kernels &kernels, const AttentionSize &size);
std::unique_ptr<Step> multi_head_step(const Device &device, Kernels &kernels, const AttentionSize &size);
/// An encoder layer with the norms after, ReLU, a feed-forward net four times as wide, without dropout.
std::unique_ptr<Step> encoder_step(const Device &device, Kernels &kernels, const AttentionSize &size);

}  // namespace baseline
