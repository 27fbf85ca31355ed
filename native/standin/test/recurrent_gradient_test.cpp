// Gradients of recurrent networks against central differences, in F64, for every mode and option.
#include "recurrent.hpp"

#include <cmath>

namespace {

using test::Buffer;
using test::Part;
using test::Recurrent;
using test::Settings;

// Padding is poison: only what is a number counts, and the caller makes sure that nothing else is NaN.
double product(const Buffer &values, const Buffer &factors) {
    auto a = values.get();
    auto b = factors.get();
    double sum = 0;
    for (size_t i = 0; i < a.size(); i++) {
        sum += std::isnan(a[i]) ? 0 : a[i] * b[i];
    }
    return sum;
}

double loss(Recurrent &net) {
    net.seed_dropout(5);
    OK(net.forward());
    double sum = product(*net.y, *net.dy) + product(*net.hy, *net.dhy);
    return net.settings.mode == CUDNN_LSTM ? sum + product(*net.cy, *net.dcy) : sum;
}

size_t compared = 0;

void compare(Recurrent &net, const Buffer &values, const std::vector<double> &gradient, size_t offset) {
    auto original = values.get(offset, gradient.size());
    constexpr double h = 1e-5;
    for (size_t i = 0; i < gradient.size(); i++) {
        if (std::isnan(gradient[i])) {
            continue;  // padding of dx
        }
        values.put({original[i] + h}, offset + i);
        double above = loss(net);
        values.put({original[i] - h}, offset + i);
        double below = loss(net);
        values.put({original[i]}, offset + i);
        EXPECT_NEAR(gradient[i], (above - below) / (2 * h), 1e-7);
        compared++;
    }
}

size_t valid_inputs(const Settings &settings) {
    size_t sum = 0;
    for (int length : settings.lengths) {
        sum += static_cast<size_t>(length * settings.input);
    }
    return sum;
}

void check(const Settings &settings) {
    gatun_standin_reset();
    Recurrent net(settings);
    net.randomise(7);
    loss(net);
    OK(net.backward_data());
    OK(net.backward_weights());
    auto dx = net.dx->get(), dhx = net.dhx->get(), dcx = net.dcx->get();
    std::vector<std::vector<double>> dw;
    auto parts = net.parts();
    for (const Part &part : parts) {
        dw.push_back(net.gradients->get(part.offset, part.count()));
    }
    compared = 0;
    compare(net, *net.x, dx, 0);
    EXPECT_EQUAL(compared, valid_inputs(settings));
    compare(net, *net.hx, dhx, 0);
    if (settings.mode == CUDNN_LSTM) {
        compare(net, *net.cx, dcx, 0);
    }
    for (size_t i = 0; i < parts.size(); i++) {
        size_t before = compared;
        compare(net, *net.weights, dw[i], parts[i].offset);
        EXPECT_EQUAL(compared, before + parts[i].count());
    }
    EXPECT_EQUAL(std::string(gatun_standin_violations()), "");
}

const std::vector<cudnnRNNMode_t> modes = {CUDNN_RNN_RELU, CUDNN_RNN_TANH, CUDNN_LSTM, CUDNN_GRU};

CASE(every_mode) {
    for (auto mode : modes) {
        Settings settings;
        settings.mode = mode;
        check(settings);
    }
}

CASE(every_mode_with_layers_and_both_directions) {
    for (auto mode : modes) {
        Settings settings;
        settings.mode = mode;
        settings.layers = 2;
        settings.direction = CUDNN_BIDIRECTIONAL;
        settings.hidden = settings.projection = 2;
        check(settings);
    }
}

CASE(every_bias_mode) {
    for (auto mode : modes) {
        for (auto bias : {CUDNN_RNN_NO_BIAS, CUDNN_RNN_SINGLE_INP_BIAS, CUDNN_RNN_SINGLE_REC_BIAS}) {
            Settings settings;
            settings.mode = mode;
            settings.bias = bias;
            settings.hidden = settings.projection = 2;
            check(settings);
        }
    }
}

CASE(lengths_in_any_order_and_layout) {
    for (auto mode : modes) {
        for (auto layout : {CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_UNPACKED, CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED}) {
            Settings settings;
            settings.mode = mode;
            settings.layout = layout;
            settings.direction = CUDNN_BIDIRECTIONAL;
            settings.hidden = settings.projection = 2;
            settings.layers = 2;
            settings.lengths = {1, 3, 0, 2};
            check(settings);
        }
    }
}

CASE(packed_sequences) {
    Settings settings;
    settings.layout = CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED;
    settings.flags = CUDNN_RNN_PADDED_IO_DISABLED;
    settings.lengths = {3, 2, 1};
    settings.direction = CUDNN_BIDIRECTIONAL;
    check(settings);
}

CASE(projection) {
    Settings settings;
    settings.projection = 2;
    settings.layers = 2;
    settings.direction = CUDNN_BIDIRECTIONAL;
    settings.lengths = {2, 3};
    check(settings);
}

CASE(clipped_cells) {
    Settings settings;
    settings.clip = 0.25;
    settings.layers = 2;
    check(settings);
}

CASE(skipped_input) {
    for (auto mode : modes) {
        Settings settings;
        settings.mode = mode;
        settings.input_mode = CUDNN_SKIP_INPUT;
        settings.input = 3;
        settings.layers = 2;
        check(settings);
    }
}

CASE(dropout_between_layers) {
    Settings settings;
    settings.mode = CUDNN_GRU;
    settings.layers = 3;
    settings.dropout = 0.4f;
    settings.lengths = {2, 3};
    check(settings);
}

}  // namespace
