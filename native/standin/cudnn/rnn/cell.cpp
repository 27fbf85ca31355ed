#include "cell.hpp"

#include <algorithm>
#include <cmath>

namespace standin::dnn::rnn {
namespace {

double sigmoid(double x) {
    return 1 / (1 + std::exp(-x));
}

double clip(const Network &network, double cell) {
    return network.clipped && !std::isnan(cell) ? std::clamp(cell, network.low, network.high) : cell;
}

// A cell at its bound does not follow what is within.
bool held(const Network &network, double cell) {
    return network.clipped && (cell <= network.low || cell >= network.high);
}

void lstm_forward(const Network &network, const double *input, const double *recurrent, const double *cell, double *kept,
    double *hidden) {
    size_t size = network.hidden;
    for (size_t j = 0; j < size; j++) {
        double i = sigmoid(input[j] + recurrent[j]);
        double f = sigmoid(input[size + j] + recurrent[size + j]);
        double g = std::tanh(input[2 * size + j] + recurrent[2 * size + j]);
        double o = sigmoid(input[3 * size + j] + recurrent[3 * size + j]);
        double c = clip(network, f * cell[j] + i * g);
        kept[j] = i;
        kept[size + j] = f;
        kept[2 * size + j] = g;
        kept[3 * size + j] = o;
        kept[4 * size + j] = c;
        hidden[j] = o * std::tanh(c);
    }
}

void lstm_backward(const Network &network, const double *kept, const double *before, const double *hidden, double *cell,
    double *gates) {
    size_t size = network.hidden;
    for (size_t j = 0; j < size; j++) {
        double i = kept[j];
        double f = kept[size + j];
        double g = kept[2 * size + j];
        double o = kept[3 * size + j];
        double bent = std::tanh(kept[4 * size + j]);
        double dc = held(network, kept[4 * size + j]) ? 0 : cell[j] + hidden[j] * o * (1 - bent * bent);
        gates[j] = dc * g * i * (1 - i);
        gates[size + j] = dc * before[j] * f * (1 - f);
        gates[2 * size + j] = dc * i * (1 - g * g);
        gates[3 * size + j] = hidden[j] * bent * o * (1 - o);
        cell[j] = dc * f;
    }
}

void gru_forward(const Network &network, const double *input, const double *recurrent, const double *before, double *kept,
    double *hidden) {
    size_t size = network.hidden;
    for (size_t j = 0; j < size; j++) {
        double r = sigmoid(input[j] + recurrent[j]);
        double z = sigmoid(input[size + j] + recurrent[size + j]);
        double n = std::tanh(input[2 * size + j] + r * recurrent[2 * size + j]);
        kept[j] = r;
        kept[size + j] = z;
        kept[2 * size + j] = n;
        kept[3 * size + j] = recurrent[2 * size + j];
        hidden[j] = (1 - z) * n + z * before[j];
    }
}

void gru_backward(const Network &network, const double *kept, const double *before, const double *hidden, double *gates,
    double *direct) {
    size_t size = network.hidden;
    for (size_t j = 0; j < size; j++) {
        double r = kept[j];
        double z = kept[size + j];
        double n = kept[2 * size + j];
        double dn = hidden[j] * (1 - z) * (1 - n * n);
        gates[j] = dn * kept[3 * size + j] * r * (1 - r);
        gates[size + j] = hidden[j] * (before[j] - n) * z * (1 - z);
        gates[2 * size + j] = dn;
        direct[j] = hidden[j] * z;
    }
}

}  // namespace

void step_forward(const Network &network, const double *input, const double *recurrent, const Before &before, double *kept,
    double *hidden) {
    switch (network.mode) {
        case CUDNN_LSTM: lstm_forward(network, input, recurrent, before.cell, kept, hidden); return;
        case CUDNN_GRU: gru_forward(network, input, recurrent, before.hidden, kept, hidden); return;
        case CUDNN_RNN_RELU:
        case CUDNN_RNN_TANH:
            for (size_t j = 0; j < network.hidden; j++) {
                double sum = input[j] + recurrent[j];
                // Written so that NaN stays NaN.
                kept[j] = hidden[j] = network.mode == CUDNN_RNN_TANH ? std::tanh(sum) : sum < 0 ? 0 : sum;
            }
    }
}

void step_backward(const Network &network, const double *kept, const Before &before, const double *hidden, double *cell,
    double *gates, double *direct) {
    switch (network.mode) {
        case CUDNN_LSTM: lstm_backward(network, kept, before.cell, hidden, cell, gates); return;
        case CUDNN_GRU: gru_backward(network, kept, before.hidden, hidden, gates, direct); return;
        case CUDNN_RNN_TANH:
            for (size_t j = 0; j < network.hidden; j++) {
                gates[j] = hidden[j] * (1 - kept[j] * kept[j]);
            }
            return;
        case CUDNN_RNN_RELU:
            for (size_t j = 0; j < network.hidden; j++) {
                gates[j] = kept[j] > 0 ? hidden[j] : 0;
            }
    }
}

std::vector<double> recurrent_side(const Network &network, const double *kept, const double *gates) {
    std::vector<double> result(gates, gates + network.gates() * network.hidden);
    if (network.mode == CUDNN_GRU) {
        for (size_t j = 0; j < network.hidden; j++) {
            result[2 * network.hidden + j] *= kept[j];
        }
    }
    return result;
}

std::vector<double> hidden_units(const Network &network, const double *kept) {
    std::vector<double> result(network.hidden);
    for (size_t j = 0; j < network.hidden; j++) {
        result[j] = kept[3 * network.hidden + j] * std::tanh(kept[4 * network.hidden + j]);
    }
    return result;
}

}  // namespace standin::dnn::rnn
