// One step of one cell, forwards and backwards; the equations are those of cudnnRNNMode_t in NVIDIA's documentation.
#pragma once

#include "network.hpp"

namespace standin::dnn::rnn {

/// What a step starts from.
struct Before {
    const double *hidden;  // [output]
    const double *cell;    // [hidden], LSTM only
};

/// A step forwards. `input` is W x + bW and `recurrent` R h + bR, [gates * hidden] each, for
///   RNN   h' = f(W x + R h + bW + bR)
///   LSTM  i, f, o = sigmoid(..), g = tanh(..), c' = clip(f c + i g), h' = o tanh(c')
///   GRU   r, z = sigmoid(..), n = tanh(W x + bW + r (R h + bR)), h' = (1 - z) n + z h
/// with gates in the orders i f g o and r z n. Fills `kept`, and `hidden` [hidden], before a projection.
void step_forward(const Network &network, const double *input, const double *recurrent, const Before &before, double *kept,
    double *hidden);

/// A step backwards, from the gradient of its hidden units. `cell` [hidden] comes in as the gradient of the cell after the step and
/// goes out as that of the cell before it. `gates` gets the gradients of the gates before activation, on the side of the input;
/// `direct` [hidden] what the step's gradient passes to the former hidden state other than through R (GRU only, else untouched).
void step_backward(const Network &network, const double *kept, const Before &before, const double *hidden, double *cell,
    double *gates, double *direct);

/// The gradients of the gates on the side of R: as on the side of the input, but for GRU's new gate, which r multiplies.
std::vector<double> recurrent_side(const Network &network, const double *kept, const double *gates);

/// The hidden units that a step of an LSTM came to, before projection.
std::vector<double> hidden_units(const Network &network, const double *kept);

}  // namespace standin::dnn::rnn
