#include "attention.hpp"

#include <cmath>

namespace baseline {

static float deviation(int inputs) {
    return 1 / std::sqrt(static_cast<float>(inputs));
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
      core_(core(device, kernels, size,
          {{part(packed_, 0), part(packed_, 1), part(packed_, 2)}, {joined_.at(), size.size}, {djoined_.at(), size.size},
              {part(dpacked_, 0), part(dpacked_, 1), part(dpacked_, 2)}})) {}

void MultiHead::forward(bool records, const float *x, float *y) {
    operations_.linear(in(), x, in_weight_.at(), in_bias_.at(), packed_.at());
    core_->forward(records);
    operations_.linear(out(), joined_.at(), out_weight_.at(), out_bias_.at(), y);
}

void MultiHead::backward(const float *x, const float *dy, float *dx) {
    operations_.linear_backward(
        out(), joined_.at(), out_weight_.at(), dy, djoined_.at(), dout_weight_.at(), dout_bias_.at());
    core_->backward();
    operations_.linear_backward(in(), x, in_weight_.at(), dpacked_.at(), dx, din_weight_.at(), din_bias_.at());
}

Results MultiHead::gradients(const Device &device) const {
    return {{"in_proj_weight", din_weight_.values(device)}, {"in_proj_bias", din_bias_.values(device)}, {"out_proj.weight", dout_weight_.values(device)},
        {"out_proj.bias", dout_bias_.values(device)}};
}

}  // namespace baseline
