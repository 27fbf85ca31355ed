// Multi-head attention of one sequence of queries over one of keys and values, in double over plain arrays.
//   q̄ = W_Q q + b_Q,  k̄ = W_K k + b_K,  v̄ = W_V v + b_V for each head; a projection that is missing passes its input on
//   α = dropout(softmax(scale · k̄ᵀ q̄)) over the keys of the window,  h = Σ α v̄
//   y = dropout(Σ over heads of W_O h + b_O), or the heads' sums side by side where W_O is missing
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

namespace standin::dnn {

/// Sizes of vectors, and the factor of the scores.
struct Heads {
    size_t count, query, key, value;
    size_t compared, summed, output;
    double scale;
};

/// Weights [head][output][input] and biases [head][output], that of the output without heads; empty where there are none.
struct Parameters {
    std::vector<double> query, key, value, output;
    std::vector<double> query_bias, key_bias, value_bias, output_bias;

    void add(const Parameters &other);
};

/// Indices of keys from `low` up to, not including, `high`.
struct Window {
    size_t low, high;
};

/// What attends to what. Vectors lie one after the other; factors are those of dropout.
struct Attended {
    std::vector<double> queries, keys, values;
    std::vector<Window> windows;  // one for each query
    std::function<double(size_t head, size_t query, size_t key)> kept;
    std::function<double(size_t query, size_t element)> passed;
};

/// What the forward pass computed: projections and sums [head][time][element], probabilities [head][query][key].
struct Trace {
    std::vector<double> queries, keys, values, probabilities, sums, output;
};

Trace attend(const Heads &heads, const Parameters &weights, const Attended &what);

struct Gradients {
    std::vector<double> queries, keys, values;
    Parameters weights;
};

Gradients differentiate(const Heads &heads, const Parameters &weights, const Attended &what, const Trace &trace,
    const std::vector<double> &output);

}  // namespace standin::dnn
