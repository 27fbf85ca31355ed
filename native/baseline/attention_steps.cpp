#include "attention.hpp"

namespace baseline {

namespace {

class DotProductStep : public Step {
public:
    DotProductStep(const Device &device, Kernels &kernels, const AttentionSize &size)
        : q_(size.elements(), 1, 1), k_(size.elements(), 2, 1), v_(size.elements(), 3, 1),
          y_(size.elements()), dq_(size.elements()), dk_(size.elements()), dv_(size.elements()), dy_(size.elements(), 9, 1),
          core_(core(device, kernels, size,
              {{{q_.at()}, {k_.at()}, {v_.at()}}, {y_.at(), size.size}, {dy_.at()}, {{dq_.at()}, {dk_.at()}, {dv_.at()}}})) {}

    void inference() override { core_->forward(false); }

    void training() override {
        core_->forward(true);
        core_->backward();
    }

    Results results(const Device &device) const override {
        return {{"y", y_.values(device)}, {"dq", dq_.values(device)}, {"dk", dk_.values(device)}, {"dv", dv_.values(device)}};
    }

private:
    Floats q_, k_, v_, y_, dq_, dk_, dv_, dy_;
    std::unique_ptr<Core> core_;
};

class MultiHeadStep : public Step {
public:
    MultiHeadStep(const Device &device, Kernels &kernels, const AttentionSize &size)
        : operations_(device, kernels), attention_(device, kernels, operations_, size), x_(size.elements(), 1, 1),
          y_(size.elements()), dx_(size.elements()), dy_(size.elements(), 9, 1) {}

    void inference() override { attention_.forward(false, x_.at(), y_.at()); }

    void training() override {
        attention_.forward(true, x_.at(), y_.at());
        attention_.backward(x_.at(), dy_.at(), dx_.at());
    }

    Results results(const Device &device) const override {
        auto all = attention_.gradients(device);
        all.emplace_back("y", y_.values(device));
        all.emplace_back("dx", dx_.values(device));
        return all;
    }

private:
    Operations operations_;
    MultiHead attention_;
    Floats x_, y_, dx_, dy_;
};

}  // namespace

std::unique_ptr<Step> dot_product_step(const Device &device, Kernels &kernels, const AttentionSize &size) {
    return std::make_unique<DotProductStep>(device, kernels, size);
}

std::unique_ptr<Step> multi_head_step(const Device &device, Kernels &kernels, const AttentionSize &size) {
    return std::make_unique<MultiHeadStep>(device, kernels, size);
}

}  // namespace baseline
