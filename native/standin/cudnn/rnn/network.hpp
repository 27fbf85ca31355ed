// The mathematics of recurrent networks over plain buffers of doubles.
//
// Sequences lie as [step][sequence][element]; steps beyond a sequence's length are neither read nor written. A pseudo-layer is one
// direction of one layer: pseudo = layer * directions + direction. States lie as [pseudo][sequence][element].
#pragma once

#include "cudnn/api.hpp"

#include <cstdint>

namespace standin::dnn::rnn {

/// What a network is, in numbers.
struct Network {
    cudnnRNNMode_t mode = CUDNN_LSTM;
    size_t layers = 1;
    size_t directions = 1;
    size_t input = 1;
    size_t hidden = 1;
    size_t output = 1;  // smaller than `hidden` where the LSTM's output is projected
    bool clipped = false;
    double low = 0;
    double high = 0;
    double dropout = 0;

    size_t pseudo_layers() const { return layers * directions; }
    size_t width() const { return directions * output; }
    size_t input_of(size_t layer) const { return layer == 0 ? input : width(); }
    size_t gates() const { return mode == CUDNN_LSTM ? 4 : mode == CUDNN_GRU ? 3 : 1; }
    /// Values a step keeps for its backward pass, per hidden unit: the gates; LSTM: and the cell; GRU: and R h + bR of the new gate.
    size_t kept() const { return mode == CUDNN_LSTM ? 5 : mode == CUDNN_GRU ? 4 : 1; }
    bool projected() const { return output != hidden; }
};

/// The sequences of a batch.
struct Batch {
    size_t steps = 0;
    size_t size = 0;
    std::vector<int> lengths;

    size_t length(size_t sequence) const { return static_cast<size_t>(lengths[sequence]); }
};

struct Matrix {
    size_t rows = 0;
    size_t columns = 0;
    std::vector<double> values;

    Matrix() = default;
    Matrix(size_t rows_, size_t columns_) : rows(rows_), columns(columns_), values(rows_ * columns_) {}
    double *row(size_t index) { return values.data() + index * columns; }
    const double *row(size_t index) const { return values.data() + index * columns; }
    Matrix transposed() const;
};

/// Weights of a pseudo-layer, or their gradients. Gates follow one another in the order of cuDNN's linear layers.
struct Weights {
    Matrix input;                        // [gates * hidden, input of the layer]
    Matrix recurrent;                    // [gates * hidden, output]
    Matrix projection;                   // [output, hidden], empty where nothing is projected
    std::vector<double> input_bias;      // [gates * hidden], zeros where there is none
    std::vector<double> recurrent_bias;  // likewise

    Weights(const Network &network, size_t layer);
};

/// What a forward pass keeps for the backward passes, and backward data for backward weights; lies in one buffer.
class Trace {
public:
    Trace(const Network &network, const Batch &batch, double *base);
    /// Doubles that the buffer must hold.
    static size_t size(const Network &network, const Batch &batch);

    /// [kept * hidden]
    double *kept(size_t pseudo, size_t step, size_t sequence) const;
    /// Gradients of the gates before their activation, on the side of the input: [gates * hidden]
    double *gate_gradient(size_t pseudo, size_t step, size_t sequence) const;
    /// Gradients of what a pseudo-layer puts out, after its projection: [output]
    double *output_gradient(size_t pseudo, size_t step, size_t sequence) const;
    /// What a layer puts out: [width]
    double *output(size_t layer, size_t step, size_t sequence) const;
    /// What dropout multiplies it by on its way into the next layer: [width]
    double *mask(size_t layer, size_t step, size_t sequence) const;

private:
    size_t place(size_t index, size_t step, size_t sequence) const;

    const Network &network_;
    const Batch &batch_;
    double *kept_;
    double *gate_gradients_;
    double *output_gradients_;
    double *outputs_;
    double *masks_;
};

/// States before the first step or after the last one; empty where there are none, or zeros are meant.
struct States {
    std::vector<double> hidden;  // [pseudo-layers, batch, output]
    std::vector<double> cell;    // [pseudo-layers, batch, hidden]
};

/// Step k of a direction's walk through a sequence: forwards, or backwards from the last step of the sequence.
inline size_t step_of(size_t direction, size_t k, size_t length) {
    return direction == 0 ? k : length - 1 - k;
}

/// Computes all outputs into the trace, and the final states. A sequence without steps ends in the state it begins with.
States forward(const Network &network, const std::vector<Weights> &weights, const Batch &batch, const double *x,
    const States &initial, uint64_t dropout_key, const Trace &trace);

/// Gradients of x [steps, batch, input], written to steps within lengths, and of the initial states. `trace` holds what `forward`
/// kept and takes the gradients of the gates.
States backward_data(const Network &network, const std::vector<Weights> &weights, const Batch &batch, const double *dy,
    const States &initial, const States &final_gradients, const Trace &trace, double *dx);

/// Gradients of all weights, by pseudo-layer, from what `backward_data` left in the trace.
std::vector<Weights> backward_weights(const Network &network, const Batch &batch, const double *x, const States &initial,
    const Trace &trace);

/// y += a * x
void add_scaled(double *y, double a, const double *x, size_t count);

/// y += the product of a vector with a matrix, from the left.
void add_product(double *y, const double *vector, const Matrix &matrix);

/// The input of a layer at one step: x, or the outputs of the layer below after dropout.
std::vector<double> layer_input(const Network &network, const Batch &batch, const Trace &trace, const double *x, size_t layer,
    size_t step, size_t sequence);

/// Where a pseudo-layer's state of one sequence begins; null for zeros.
inline const double *state_of(const std::vector<double> &states, size_t pseudo, size_t sequence, size_t batch, size_t width) {
    return states.empty() ? nullptr : states.data() + (pseudo * batch + sequence) * width;
}

}  // namespace standin::dnn::rnn
