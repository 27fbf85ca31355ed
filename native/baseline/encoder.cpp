#include "attention.hpp"

#include <cmath>

namespace baseline {

namespace {

/// A layer norm: its parameters, their gradients, and what its backward pass needs.
struct Norm {
    Norm(int rows, int size, unsigned seed)
        : weight(static_cast<size_t>(size), seed, 1), bias(static_cast<size_t>(size), seed + 1, 0.1F),
          dweight(weight.count()), dbias(bias.count()), mean(static_cast<size_t>(rows)), rstd(static_cast<size_t>(rows)) {}

    Floats weight, bias, dweight, dbias, mean, rstd;
};

/// A fully connected layer: its parameters and their gradients.
struct Layer {
    Layer(const Linear &sizes, unsigned seed)
        : size(sizes), weight(static_cast<size_t>(sizes.inputs * sizes.outputs), seed, deviation(sizes)),
          bias(static_cast<size_t>(sizes.outputs), seed + 1, 0.1F), dweight(weight.count()), dbias(bias.count()) {}

    static float deviation(const Linear &sizes) { return 1 / std::sqrt(static_cast<float>(sizes.inputs)); }

    Linear size;
    Floats weight, bias, dweight, dbias;
};

/// h = norm1(x + attention(x)), y = norm2(h + linear2(relu(linear1(h)))).
class EncoderStep : public Step {
public:
    EncoderStep(const Device &device, Kernels &kernels, const AttentionSize &size)
        : operations_(device, kernels), attention_(device, kernels, operations_, size), size_(size),
          norm1_(size.rows(), size.size, 21), norm2_(size.rows(), size.size, 23),
          linear1_({size.rows(), size.size, 4 * size.size}, 25), linear2_({size.rows(), 4 * size.size, size.size}, 27),
          x_(size.elements(), 1, 1), attended_(size.elements()), sum1_(size.elements()), h_(size.elements()),
          relu_(4 * size.elements()), sum2_(size.elements()),
          y_(size.elements()), dy_(size.elements(), 9, 1), dsum2_(size.elements()), drelu_(4 * size.elements()),
          dwide_(4 * size.elements()), dfeed_(size.elements()), dh_(size.elements()), dsum1_(size.elements()),
          dattended_(size.elements()), dx_(size.elements()) {}

    void inference() override { forward(false); }

    void training() override {
        forward(true);
        norm_backward(norm2_, sum2_, dy_, dsum2_);
        linear_backward(linear2_, relu_, dsum2_, drelu_);
        operations_.relu_backward(4 * count(), relu_.at(), drelu_.at(), dwide_.at());
        linear_backward(linear1_, h_, dwide_, dfeed_);
        operations_.add(count(), dsum2_.at(), dfeed_.at(), dh_.at());
        norm_backward(norm1_, sum1_, dh_, dsum1_);
        attention_.backward(x_.at(), dsum1_.at(), dattended_.at());
        operations_.add(count(), dsum1_.at(), dattended_.at(), dx_.at());
    }

    Results results(const Device &device) const override {
        auto all = attention_.gradients(device);
        all.insert(all.end(), {{"y", y_.values(device)}, {"dx", dx_.values(device)}, {"linear1.weight", linear1_.dweight.values(device)},
            {"linear1.bias", linear1_.dbias.values(device)}, {"linear2.weight", linear2_.dweight.values(device)}, {"linear2.bias", linear2_.dbias.values(device)},
            {"norm1.weight", norm1_.dweight.values(device)}, {"norm1.bias", norm1_.dbias.values(device)}, {"norm2.weight", norm2_.dweight.values(device)},
            {"norm2.bias", norm2_.dbias.values(device)}});
        return all;
    }

private:
    long long count() const { return static_cast<long long>(y_.count()); }

    void forward(bool records) {
        attention_.forward(records, x_.at(), attended_.at());
        operations_.add(count(), x_.at(), attended_.at(), sum1_.at());
        norm(norm1_, sum1_, h_);
        operations_.linear_relu(linear1_.size, h_.at(), linear1_.weight.at(), linear1_.bias.at(), relu_.at());
        operations_.add_linear(linear2_.size, h_.at(), relu_.at(), linear2_.weight.at(), linear2_.bias.at(), sum2_.at());
        norm(norm2_, sum2_, y_);
    }

    void norm(Norm &norm, const Floats &x, const Floats &y) {
        operations_.normalise(
            size_.rows(), size_.size, x.at(), norm.weight.at(), norm.bias.at(), y.at(), norm.mean.at(), norm.rstd.at());
    }

    void norm_backward(Norm &norm, const Floats &x, const Floats &dy, const Floats &dx) {
        operations_.normalise_backward(size_.rows(), size_.size, x.at(), norm.weight.at(), norm.mean.at(), norm.rstd.at(),
            dy.at(), dx.at(), norm.dweight.at(), norm.dbias.at());
    }

    void linear_backward(Layer &layer, const Floats &x, const Floats &dy, const Floats &dx) {
        operations_.linear_backward(
            layer.size, x.at(), layer.weight.at(), dy.at(), dx.at(), layer.dweight.at(), layer.dbias.at());
    }

    Operations operations_;
    MultiHead attention_;
    AttentionSize size_;
    Norm norm1_, norm2_;
    Layer linear1_, linear2_;
    Floats x_, attended_, sum1_, h_, relu_, sum2_, y_;
    Floats dy_, dsum2_, drelu_, dwide_, dfeed_, dh_, dsum1_, dattended_, dx_;
};

}  // namespace

std::unique_ptr<Step> encoder_step(const Device &device, Kernels &kernels, const AttentionSize &size) {
    return std::make_unique<EncoderStep>(device, kernels, size);
}

}  // namespace baseline
