#include "network.hpp"

namespace standin::dnn::rnn {

Matrix Matrix::transposed() const {
    Matrix result(columns, rows);
    for (size_t i = 0; i < rows; i++) {
        for (size_t j = 0; j < columns; j++) {
            result.row(j)[i] = row(i)[j];
        }
    }
    return result;
}

Weights::Weights(const Network &network, size_t layer)
    : input(network.gates() * network.hidden, network.input_of(layer)),
      recurrent(network.gates() * network.hidden, network.output),
      projection(network.projected() ? Matrix(network.output, network.hidden) : Matrix()),
      input_bias(network.gates() * network.hidden),
      recurrent_bias(network.gates() * network.hidden) {}

Trace::Trace(const Network &network, const Batch &batch, double *base) : network_(network), batch_(batch) {
    size_t cells = network.pseudo_layers() * batch.steps * batch.size;
    kept_ = base;
    gate_gradients_ = kept_ + cells * network.kept() * network.hidden;
    output_gradients_ = gate_gradients_ + cells * network.gates() * network.hidden;
    outputs_ = output_gradients_ + cells * network.output;
    masks_ = outputs_ + cells * network.output;
}

size_t Trace::size(const Network &network, const Batch &batch) {
    size_t each = (network.kept() + network.gates()) * network.hidden + 3 * network.output;
    return network.pseudo_layers() * batch.steps * batch.size * each;
}

size_t Trace::place(size_t index, size_t step, size_t sequence) const {
    return (index * batch_.steps + step) * batch_.size + sequence;
}

double *Trace::kept(size_t pseudo, size_t step, size_t sequence) const {
    return kept_ + place(pseudo, step, sequence) * network_.kept() * network_.hidden;
}

double *Trace::gate_gradient(size_t pseudo, size_t step, size_t sequence) const {
    return gate_gradients_ + place(pseudo, step, sequence) * network_.gates() * network_.hidden;
}

double *Trace::output_gradient(size_t pseudo, size_t step, size_t sequence) const {
    return output_gradients_ + place(pseudo, step, sequence) * network_.output;
}

double *Trace::output(size_t layer, size_t step, size_t sequence) const {
    return outputs_ + place(layer, step, sequence) * network_.width();
}

double *Trace::mask(size_t layer, size_t step, size_t sequence) const {
    return masks_ + place(layer, step, sequence) * network_.width();
}

[[gnu::optimize("O3")]] void add_scaled(double *y, double a, const double *x, size_t count) {
    for (size_t i = 0; i < count; i++) {
        y[i] += a * x[i];
    }
}

void add_product(double *y, const double *vector, const Matrix &matrix) {
    for (size_t i = 0; i < matrix.rows; i++) {
        add_scaled(y, vector[i], matrix.row(i), matrix.columns);
    }
}

std::vector<double> layer_input(const Network &network, const Batch &batch, const Trace &trace, const double *x, size_t layer,
    size_t step, size_t sequence) {
    if (layer == 0) {
        const double *begin = x + (step * batch.size + sequence) * network.input;
        return {begin, begin + network.input};
    }
    const double *below = trace.output(layer - 1, step, sequence);
    const double *mask = trace.mask(layer - 1, step, sequence);
    std::vector<double> result(network.width());
    for (size_t i = 0; i < result.size(); i++) {
        result[i] = below[i] * mask[i];
    }
    return result;
}

}  // namespace standin::dnn::rnn
