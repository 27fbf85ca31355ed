// The three passes of a network: forward, backward to the data, backward to the weights.
#include "cell.hpp"
#include "cudnn/dropout.hpp"

#include <algorithm>

namespace standin::dnn::rnn {
namespace {

std::vector<double> state_or_zeros(const double *state, size_t width) {
    return state == nullptr ? std::vector<double>(width) : std::vector<double>(state, state + width);
}

// The state before step k of a walk: the initial one, or what the step before it left in the trace.
struct Past {
    std::vector<double> hidden;
    std::vector<double> cell;

    Past(const Network &network, const Batch &batch, const States &initial, const Trace &trace, size_t pseudo, size_t sequence,
        size_t k) {
        size_t direction = pseudo % network.directions;
        if (k == 0) {
            hidden = state_or_zeros(state_of(initial.hidden, pseudo, sequence, batch.size, network.output), network.output);
            cell = state_or_zeros(state_of(initial.cell, pseudo, sequence, batch.size, network.hidden), network.hidden);
            return;
        }
        size_t step = step_of(direction, k - 1, batch.length(sequence));
        const double *out = trace.output(pseudo / network.directions, step, sequence) + direction * network.output;
        hidden.assign(out, out + network.output);
        if (network.mode == CUDNN_LSTM) {
            const double *c = trace.kept(pseudo, step, sequence) + 4 * network.hidden;
            cell.assign(c, c + network.hidden);
        }
    }

    Before view() const { return {hidden.data(), cell.data()}; }
};

void draw_masks(const Network &network, const Batch &batch, const Trace &trace, size_t layer, uint64_t key) {
    for (size_t step = 0; step < batch.steps; step++) {
        for (size_t n = 0; n < batch.size; n++) {
            double *mask = trace.mask(layer, step, n);
            for (size_t j = 0; j < network.width(); j++) {
                uint64_t index = (step * batch.size + n) * network.width() + j;
                mask[j] = network.dropout == 0 ? 1 : dropout_factor(key + layer, index, network.dropout);
            }
        }
    }
}

}  // namespace

States forward(const Network &network, const std::vector<Weights> &weights, const Batch &batch, const double *x,
    const States &initial, uint64_t dropout_key, const Trace &trace) {
    States final;
    std::vector<double> hidden(network.hidden);
    for (size_t pseudo = 0; pseudo < network.pseudo_layers(); pseudo++) {
        size_t layer = pseudo / network.directions;
        size_t direction = pseudo % network.directions;
        const Weights &own = weights[pseudo];
        Matrix input = own.input.transposed();
        Matrix recurrent = own.recurrent.transposed();
        Matrix projection = own.projection.transposed();
        for (size_t n = 0; n < batch.size; n++) {
            size_t length = batch.length(n);
            for (size_t k = 0; k < length; k++) {
                size_t step = step_of(direction, k, length);
                Past past(network, batch, initial, trace, pseudo, n, k);
                std::vector<double> in = own.input_bias;
                std::vector<double> back = own.recurrent_bias;
                add_product(in.data(), layer_input(network, batch, trace, x, layer, step, n).data(), input);
                add_product(back.data(), past.hidden.data(), recurrent);
                step_forward(network, in.data(), back.data(), past.view(), trace.kept(pseudo, step, n), hidden.data());
                double *out = trace.output(layer, step, n) + direction * network.output;
                std::fill_n(out, network.output, 0.0);
                if (network.projected()) {
                    add_product(out, hidden.data(), projection);
                } else {
                    std::copy(hidden.begin(), hidden.end(), out);
                }
            }
            Past last(network, batch, initial, trace, pseudo, n, length);
            final.hidden.insert(final.hidden.end(), last.hidden.begin(), last.hidden.end());
            final.cell.insert(final.cell.end(), last.cell.begin(), last.cell.end());
        }
        if (direction + 1 == network.directions) {
            draw_masks(network, batch, trace, layer, dropout_key);
        }
    }
    return final;
}

States backward_data(const Network &network, const std::vector<Weights> &weights, const Batch &batch, const double *dy,
    const States &initial, const States &final_gradients, const Trace &trace, double *dx) {
    States result;
    result.hidden.resize(network.pseudo_layers() * batch.size * network.output);
    result.cell.resize(network.pseudo_layers() * batch.size * network.hidden);
    size_t places = batch.steps * batch.size;
    std::vector<double> above(dy, dy + places * network.width());
    for (size_t layer = network.layers; layer-- > 0;) {
        std::vector<double> below(places * network.input_of(layer));
        for (size_t direction = 0; direction < network.directions; direction++) {
            size_t pseudo = layer * network.directions + direction;
            const Weights &own = weights[pseudo];
            for (size_t n = 0; n < batch.size; n++) {
                auto dh = state_or_zeros(
                    state_of(final_gradients.hidden, pseudo, n, batch.size, network.output), network.output);
                auto dc = state_or_zeros(
                    state_of(final_gradients.cell, pseudo, n, batch.size, network.hidden), network.hidden);
                for (size_t k = batch.length(n); k-- > 0;) {
                    size_t step = step_of(direction, k, batch.length(n));
                    size_t place = step * batch.size + n;
                    add_scaled(dh.data(), 1, above.data() + place * network.width() + direction * network.output, network.output);
                    std::copy(dh.begin(), dh.end(), trace.output_gradient(pseudo, step, n));
                    std::vector<double> hidden = dh;
                    if (network.projected()) {
                        hidden.assign(network.hidden, 0);
                        add_product(hidden.data(), dh.data(), own.projection);
                    }
                    Past past(network, batch, initial, trace, pseudo, n, k);
                    const double *kept = trace.kept(pseudo, step, n);
                    double *gates = trace.gate_gradient(pseudo, step, n);
                    std::fill(dh.begin(), dh.end(), 0.0);
                    step_backward(network, kept, past.view(), hidden.data(), dc.data(), gates, dh.data());
                    add_product(dh.data(), recurrent_side(network, kept, gates).data(), own.recurrent);
                    add_product(below.data() + place * network.input_of(layer), gates, own.input);
                }
                std::copy(dh.begin(), dh.end(), result.hidden.begin() + long((pseudo * batch.size + n) * network.output));
                std::copy(dc.begin(), dc.end(), result.cell.begin() + long((pseudo * batch.size + n) * network.hidden));
            }
        }
        for (size_t i = 0; layer > 0 && i < below.size(); i++) {
            below[i] *= trace.mask(layer - 1, 0, 0)[i];
        }
        above = std::move(below);
    }
    std::copy(above.begin(), above.end(), dx);
    return result;
}

std::vector<Weights> backward_weights(const Network &network, const Batch &batch, const double *x, const States &initial,
    const Trace &trace) {
    std::vector<Weights> result;
    size_t rows = network.gates() * network.hidden;
    for (size_t pseudo = 0; pseudo < network.pseudo_layers(); pseudo++) {
        size_t layer = pseudo / network.directions;
        size_t direction = pseudo % network.directions;
        Weights &own = result.emplace_back(network, layer);
        for (size_t n = 0; n < batch.size; n++) {
            for (size_t k = 0; k < batch.length(n); k++) {
                size_t step = step_of(direction, k, batch.length(n));
                const double *kept = trace.kept(pseudo, step, n);
                const double *gates = trace.gate_gradient(pseudo, step, n);
                auto back = recurrent_side(network, kept, gates);
                auto in = layer_input(network, batch, trace, x, layer, step, n);
                Past past(network, batch, initial, trace, pseudo, n, k);
                for (size_t row = 0; row < rows; row++) {
                    add_scaled(own.input.row(row), gates[row], in.data(), own.input.columns);
                    add_scaled(own.recurrent.row(row), back[row], past.hidden.data(), own.recurrent.columns);
                }
                add_scaled(own.input_bias.data(), 1, gates, rows);
                add_scaled(own.recurrent_bias.data(), 1, back.data(), rows);
                if (network.projected()) {
                    auto hidden = hidden_units(network, kept);
                    for (size_t row = 0; row < network.output; row++) {
                        add_scaled(own.projection.row(row), trace.output_gradient(pseudo, step, n)[row], hidden.data(), network.hidden);
                    }
                }
            }
        }
    }
    return result;
}

}  // namespace standin::dnn::rnn
