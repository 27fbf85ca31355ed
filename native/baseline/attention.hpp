// Scaled dot-product attention by cuDNN's multi-head attention, and the multi-head module around it.
#pragma once

#include "operations.hpp"
#include "step.hpp"

namespace baseline {

/// Self-attention of sequences of one length.
struct AttentionSize {
    int batch, steps, size, heads;
    bool causal = false;

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

/// The core: reads q, k and v and writes y, and reads dy and writes dq, dk and dv. cuDNN takes each head as a sequence of its own, without
/// gaps: what lies otherwise is copied.
class Core {
public:
    Core(const Device &device, Kernels &kernels, const AttentionSize &size, const Heads (&qkv)[3], const Heads &y,
        const Heads &dy, const Heads (&gradients)[3]);
    ~Core();
    Core(const Core &) = delete;
    Core &operator=(const Core &) = delete;

    void forward(bool records);
    void backward();

private:
    void describe();
    float *gathered(const Heads &heads, const Floats &space);
    void deliver(const Heads &heads, const Floats &space);
    void copy(const Heads &heads, const Floats &space, bool in);
    static float *target(const Heads &heads, const Floats &space) { return heads.row == 0 ? heads.at : space.at(); }

    const Device &device_;
    Kernels &kernels_;
    AttentionSize size_;
    Heads qkv_[3], y_, dy_, gradients_[3];
    cudnnAttnDescriptor_t attention_ = nullptr;
    cudnnSeqDataDescriptor_t sequences_ = nullptr;
    std::vector<int> first_keys_, end_keys_;
    Block lengths_;
    size_t inference_bytes_ = 0, work_bytes_ = 0, reserve_bytes_ = 0;
    std::unique_ptr<Block> work_, reserve_;
    Floats spaces_[8];
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
        return {packed.at(static_cast<size_t>(which * size_.size)), 3 * size_.size};
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
