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

// The way of the gradients back through one sequence in one pseudo-layer.
struct Return {
    const Network &network;
    const Batch &batch;
    const Weights &weights;
    const States &initial;
    const Trace &trace;
    size_t pseudo;
    size_t n;

    // Adds to the gradients of the layer's input in `below`, and puts those of the initial state into `result`.
    void run(const States &last, const double *above, double *below, States &result) const {
        size_t direction = pseudo % network.directions;
        size_t inputs = weights.input.columns;
        auto dh = state_or_zeros(state_of(last.hidden, pseudo, n, batch.size, network.output), network.output);
        auto dc = state_or_zeros(state_of(last.cell, pseudo, n, batch.size, network.hidden), network.hidden);
        for (size_t k = batch.length(n); k-- > 0;) {
            size_t step = step_of(direction, k, batch.length(n));
            size_t place = step * batch.size + n;
            add_scaled(dh.data(), 1, above + place * network.width() + direction * network.output, network.output);
            std::copy(dh.begin(), dh.end(), trace.output_gradient(pseudo, step, n));
            go_back(k, step, dh, dc);
            add_product(below + place * inputs, trace.gate_gradient(pseudo, step, n), weights.input);
        }
        size_t state = pseudo * batch.size + n;
        std::copy(dh.begin(), dh.end(), result.hidden.data() + state * network.output);
        std::copy(dc.begin(), dc.end(), result.cell.data() + state * network.hidden);
    }

    // One step: from the gradients of the state after it to those of the state before it.
    void go_back(size_t k, size_t step, std::vector<double> &dh, std::vector<double> &dc) const {
        std::vector<double> hidden = dh;
        if (network.projected()) {
            hidden.assign(network.hidden, 0);
            add_product(hidden.data(), dh.data(), weights.projection);
        }
        Past past(network, batch, initial, trace, pseudo, n, k);
        const double *kept = trace.kept(pseudo, step, n);
        double *gates = trace.gate_gradient(pseudo, step, n);
        std::fill(dh.begin(), dh.end(), 0.0);
        step_backward(network, kept, past.view(), hidden.data(), dc.data(), gates, dh.data());
        add_product(dh.data(), recurrent_side(network, kept, gates).data(), weights.recurrent);
    }
};

// The way of one sequence through one pseudo-layer; weights are transposed, so that products run along memory.
struct Walk {
    const Network &network;
    const Batch &batch;
    const Weights &weights;
    const Matrix input;
    const Matrix recurrent;
    const Matrix projection;
    const Trace &trace;
    size_t pseudo;

    void run(const double *x, const States &initial, size_t n, States &final) const {
        for (size_t k = 0; k < batch.length(n); k++) {
            go_on(x, initial, n, k);
        }
        Past last(network, batch, initial, trace, pseudo, n, batch.length(n));
        final.hidden.insert(final.hidden.end(), last.hidden.begin(), last.hidden.end());
        final.cell.insert(final.cell.end(), last.cell.begin(), last.cell.end());
    }

    void go_on(const double *x, const States &initial, size_t n, size_t k) const {
        size_t layer = pseudo / network.directions;
        size_t direction = pseudo % network.directions;
        size_t step = step_of(direction, k, batch.length(n));
        Past past(network, batch, initial, trace, pseudo, n, k);
        std::vector<double> in = weights.input_bias;
        std::vector<double> back = weights.recurrent_bias;
        std::vector<double> hidden(network.hidden);
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
};

// Adds one step's part to the gradients of a pseudo-layer's weights.
void add_step(const Network &network, const double *kept, const double *gates, const std::vector<double> &in,
    const std::vector<double> &before, const double *output_gradient, Weights &gradients) {
    auto back = recurrent_side(network, kept, gates);
    for (size_t row = 0; row < back.size(); row++) {
        add_scaled(gradients.input.row(row), gates[row], in.data(), in.size());
        add_scaled(gradients.recurrent.row(row), back[row], before.data(), before.size());
    }
    add_scaled(gradients.input_bias.data(), 1, gates, back.size());
    add_scaled(gradients.recurrent_bias.data(), 1, back.data(), back.size());
    if (network.projected()) {
        auto hidden = hidden_units(network, kept);
        for (size_t row = 0; row < network.output; row++) {
            add_scaled(gradients.projection.row(row), output_gradient[row], hidden.data(), hidden.size());
        }
    }
}

}  // namespace

States forward(const Network &network, const std::vector<Weights> &weights, const Batch &batch, const double *x,
    const States &initial, uint64_t dropout_key, const Trace &trace) {
    States final;
    for (size_t pseudo = 0; pseudo < network.pseudo_layers(); pseudo++) {
        const Weights &own = weights[pseudo];
        Walk walk{network, batch, own, own.input.transposed(), own.recurrent.transposed(), own.projection.transposed(), trace,
            pseudo};
        for (size_t n = 0; n < batch.size; n++) {
            walk.run(x, initial, n, final);
        }
        if ((pseudo + 1) % network.directions == 0) {
            draw_masks(network, batch, trace, pseudo / network.directions, dropout_key);
        }
    }
    return final;
}

States backward_data(const Network &network, const std::vector<Weights> &weights, const Batch &batch, const double *dy,
    const States &initial, const States &final_gradients, const Trace &trace, double *dx) {
    States result;
    size_t places = batch.steps * batch.size;
    result.hidden.resize(network.pseudo_layers() * batch.size * network.output);
    result.cell.resize(network.pseudo_layers() * batch.size * network.hidden);
    std::vector<double> above(dy, dy + places * network.width());
    for (size_t layer = network.layers; layer-- > 0;) {
        std::vector<double> below(places * network.input_of(layer));
        for (size_t pseudo = layer * network.directions; pseudo < (layer + 1) * network.directions; pseudo++) {
            for (size_t n = 0; n < batch.size; n++) {
                Return walk{network, batch, weights[pseudo], initial, trace, pseudo, n};
                walk.run(final_gradients, above.data(), below.data(), result);
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
    for (size_t pseudo = 0; pseudo < network.pseudo_layers(); pseudo++) {
        size_t layer = pseudo / network.directions;
        size_t direction = pseudo % network.directions;
        Weights &own = result.emplace_back(network, layer);
        for (size_t n = 0; n < batch.size; n++) {
            for (size_t k = 0; k < batch.length(n); k++) {
                size_t step = step_of(direction, k, batch.length(n));
                Past past(network, batch, initial, trace, pseudo, n, k);
                add_step(network, trace.kept(pseudo, step, n), trace.gate_gradient(pseudo, step, n),
                    layer_input(network, batch, trace, x, layer, step, n), past.hidden,
                    trace.output_gradient(pseudo, step, n), own);
            }
        }
    }
    return result;
}

}  // namespace standin::dnn::rnn
