// Recurrent networks against steps written out by hand.
#include "recurrent.hpp"

#include <cmath>

namespace {

using test::Part;
using test::Recurrent;
using test::Settings;

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

// A network of one unit and one step; linear layer k has the weight 0.1 (k + 1) and the bias -0.05 (k + 2).
Settings one_unit(cudnnRNNMode_t mode) {
    Settings settings;
    settings.mode = mode;
    settings.input = settings.hidden = settings.projection = settings.steps = 1;
    settings.lengths = {1};
    return settings;
}

double weight(int linear) {
    return 0.1 * (linear + 1);
}

double bias(int linear) {
    return -0.05 * (linear + 2);
}

void put_weights(Recurrent &net, int linears) {
    for (int linear = 0; linear < linears; linear++) {
        net.weights->put({weight(linear)}, net.part(0, linear, false).offset);
        net.weights->put({bias(linear)}, net.part(0, linear, true).offset);
    }
}

CASE(a_step_of_an_lstm) {
    Recurrent net(one_unit(CUDNN_LSTM));
    put_weights(net, 8);
    net.x->put({0.7});
    net.hx->put({-0.4});
    net.cx->put({0.9});
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    auto sum = [](int gate) { return weight(gate) * 0.7 + bias(gate) + weight(gate + 4) * -0.4 + bias(gate + 4); };
    double c = sigmoid(sum(1)) * 0.9 + sigmoid(sum(0)) * std::tanh(sum(2));
    EXPECT_NEAR(net.cy->get()[0], c, 1e-15);
    EXPECT_NEAR(net.hy->get()[0], sigmoid(sum(3)) * std::tanh(c), 1e-15);
    EXPECT_EQUAL(net.y->get()[0], net.hy->get()[0]);
}

CASE(a_step_of_a_gru) {
    Recurrent net(one_unit(CUDNN_GRU));
    put_weights(net, 6);
    net.x->put({0.7});
    net.hx->put({-0.4});
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    auto in = [](int gate) { return weight(gate) * 0.7 + bias(gate); };
    auto back = [](int gate) { return weight(gate + 3) * -0.4 + bias(gate + 3); };
    double r = sigmoid(in(0) + back(0));
    double z = sigmoid(in(1) + back(1));
    double n = std::tanh(in(2) + r * back(2));
    EXPECT_NEAR(net.y->get()[0], (1 - z) * n + z * -0.4, 1e-15);
}

CASE(a_step_of_plain_cells) {
    for (auto mode : {CUDNN_RNN_TANH, CUDNN_RNN_RELU}) {
        for (double x : {0.7, 7.0}) {
            Recurrent net(one_unit(mode));
            put_weights(net, 2);
            net.x->put({x});
            net.hx->put({-0.4});
            OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
            double sum = weight(0) * x + bias(0) + weight(1) * -0.4 + bias(1);
            EXPECT_NEAR(net.y->get()[0], mode == CUDNN_RNN_TANH ? std::tanh(sum) : std::max(0.0, sum), 1e-15);
        }
    }
}

CASE(a_step_with_projection) {
    Settings settings = one_unit(CUDNN_LSTM);
    settings.hidden = 2;
    Recurrent net(settings);
    net.randomise(3);
    Part projection = net.part(0, 8, false);
    EXPECT_EQUAL(projection.shape[1], 1);
    EXPECT_EQUAL(projection.shape[2], 2);
    EXPECT_TRUE(net.part(0, 8, true).shape.empty());
    net.weights->put({1, 0}, projection.offset);
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    double first = net.y->get()[0];
    net.weights->put({0, 1}, projection.offset);
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    double second = net.y->get()[0];
    net.weights->put({2, -3}, projection.offset);
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    EXPECT_NEAR(net.hy->get()[0], 2 * first - 3 * second, 1e-15);
    EXPECT_TRUE(first != 0 && second != 0);
}

CASE(clipping_holds_the_cell) {
    Settings settings = one_unit(CUDNN_LSTM);
    settings.clip = 0.5;
    Recurrent net(settings);
    put_weights(net, 8);
    net.x->put({0.7});
    net.hx->put({-0.4});
    net.cx->put({9});
    OK(net.forward(CUDNN_FWD_MODE_INFERENCE));
    EXPECT_EQUAL(net.cy->get()[0], 0.5);
}

}  // namespace
