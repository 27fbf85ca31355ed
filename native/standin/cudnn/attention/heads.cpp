#include "heads.hpp"

#include <algorithm>
#include <cmath>

namespace standin::dnn {
namespace {

// One projection of all heads: where the weight is empty, every head sees the input itself.
struct Projection {
    const std::vector<double> &weight, &bias;
    size_t heads, inputs, outputs;

    std::vector<double> apply(const std::vector<double> &x) const {
        size_t times = x.size() / inputs;
        std::vector<double> y(heads * times * outputs);
        for (size_t h = 0; h < heads; h++) {
            for (size_t t = 0; t < times; t++) {
                for (size_t o = 0; o < outputs; o++) {
                    y[(h * times + t) * outputs + o] = weight.empty() ? x[t * inputs + o] : dot(h, o, &x[t * inputs]);
                }
            }
        }
        return y;
    }

    // Adds to the gradients of input, weight and bias what the gradient of the output gives.
    void pull(const std::vector<double> &x, const std::vector<double> &dy, std::vector<double> &dx, std::vector<double> &dweight,
        std::vector<double> &dbias) const {
        size_t times = x.size() / inputs;
        dx.assign(x.size(), 0);
        dweight.assign(weight.size(), 0);
        dbias.assign(bias.size(), 0);
        for (size_t row = 0; row < heads * times; row++) {
            size_t h = row / times, t = row % times;
            for (size_t o = 0; o < outputs; o++) {
                double d = dy[row * outputs + o];
                if (weight.empty()) {
                    dx[t * inputs + o] += d;
                    continue;
                }
                for (size_t i = 0; i < inputs; i++) {
                    dx[t * inputs + i] += d * weight[(h * outputs + o) * inputs + i];
                    dweight[(h * outputs + o) * inputs + i] += d * x[t * inputs + i];
                }
                if (!bias.empty()) {
                    dbias[h * outputs + o] += d;
                }
            }
        }
    }

private:
    double dot(size_t h, size_t o, const double *x) const {
        double sum = bias.empty() ? 0 : bias[h * outputs + o];
        for (size_t i = 0; i < inputs; i++) {
            sum += weight[(h * outputs + o) * inputs + i] * x[i];
        }
        return sum;
    }
};

Projection of_queries(const Heads &heads, const Parameters &w) {
    return {w.query, w.query_bias, heads.count, heads.query, heads.compared};
}

Projection of_keys(const Heads &heads, const Parameters &w) {
    return {w.key, w.key_bias, heads.count, heads.key, heads.compared};
}

Projection of_values(const Heads &heads, const Parameters &w) {
    return {w.value, w.value_bias, heads.count, heads.value, heads.summed};
}

// Probabilities of one head's keys for one query; 0 outside the window.
void soften(const double *query, const double *keys, size_t size, double scale, Window window, double *probabilities) {
    double largest = -INFINITY, total = 0;
    for (size_t s = window.low; s < window.high; s++) {
        double score = 0;
        for (size_t i = 0; i < size; i++) {
            score += query[i] * keys[s * size + i];
        }
        probabilities[s] = scale * score;
        largest = std::max(largest, probabilities[s]);
    }
    for (size_t s = window.low; s < window.high; s++) {
        probabilities[s] = std::exp(probabilities[s] - largest);
        total += probabilities[s];
    }
    for (size_t s = window.low; s < window.high; s++) {
        probabilities[s] /= total;
    }
}

std::vector<double> combine(const Heads &heads, const Parameters &w, const Attended &what, const std::vector<double> &sums) {
    size_t queries = what.windows.size();
    std::vector<double> y(queries * heads.output);
    for (size_t t = 0; t < queries; t++) {
        for (size_t o = 0; o < heads.output; o++) {
            double sum = w.output_bias.empty() ? 0 : w.output_bias[o];
            if (w.output.empty()) {
                sum = sums[(o / heads.summed * queries + t) * heads.summed + o % heads.summed];
            }
            for (size_t i = 0; i < w.output.size() / heads.output; i++) {
                size_t h = i / heads.summed, p = i % heads.summed;
                sum += w.output[(h * heads.output + o) * heads.summed + p] * sums[(h * queries + t) * heads.summed + p];
            }
            y[t * heads.output + o] = sum * what.passed(t, o);
        }
    }
    return y;
}

// Gradient of the sums; those of the output projection go into `weights`.
std::vector<double> part(const Heads &heads, const Parameters &w, const Attended &what, const Trace &trace,
    const std::vector<double> &dy, Parameters &weights) {
    size_t queries = what.windows.size();
    std::vector<double> dsums(trace.sums.size());
    weights.output.assign(w.output.size(), 0);
    weights.output_bias.assign(w.output_bias.size(), 0);
    for (size_t t = 0; t < queries; t++) {
        for (size_t o = 0; o < heads.output; o++) {
            double d = dy[t * heads.output + o] * what.passed(t, o);
            if (w.output.empty()) {
                dsums[(o / heads.summed * queries + t) * heads.summed + o % heads.summed] = d;
            }
            for (size_t i = 0; i < w.output.size() / heads.output; i++) {
                size_t h = i / heads.summed, p = i % heads.summed;
                size_t weight = (h * heads.output + o) * heads.summed + p, sum = (h * queries + t) * heads.summed + p;
                dsums[sum] += d * w.output[weight];
                weights.output[weight] += d * trace.sums[sum];
            }
            if (!w.output_bias.empty()) {
                weights.output_bias[o] += d;
            }
        }
    }
    return dsums;
}

void accumulate(std::vector<double> &to, const std::vector<double> &from) {
    to.resize(std::max(to.size(), from.size()));
    for (size_t i = 0; i < from.size(); i++) {
        to[i] += from[i];
    }
}

}  // namespace

void Parameters::add(const Parameters &other) {
    accumulate(query, other.query);
    accumulate(key, other.key);
    accumulate(value, other.value);
    accumulate(output, other.output);
    accumulate(query_bias, other.query_bias);
    accumulate(key_bias, other.key_bias);
    accumulate(value_bias, other.value_bias);
    accumulate(output_bias, other.output_bias);
}

Trace attend(const Heads &heads, const Parameters &weights, const Attended &what) {
    size_t queries = what.windows.size(), keys = what.keys.size() / heads.key;
    Trace trace{of_queries(heads, weights).apply(what.queries), of_keys(heads, weights).apply(what.keys),
        of_values(heads, weights).apply(what.values), std::vector<double>(heads.count * queries * keys),
        std::vector<double>(heads.count * queries * heads.summed), {}};
    for (size_t row = 0; row < heads.count * queries; row++) {
        size_t h = row / queries, t = row % queries;
        double *probabilities = &trace.probabilities[row * keys];
        soften(&trace.queries[row * heads.compared], &trace.keys[h * keys * heads.compared], heads.compared, heads.scale,
            what.windows[t], probabilities);
        for (size_t s = what.windows[t].low; s < what.windows[t].high; s++) {
            double factor = probabilities[s] * what.kept(h, t, s);
            for (size_t p = 0; p < heads.summed; p++) {
                trace.sums[row * heads.summed + p] += factor * trace.values[(h * keys + s) * heads.summed + p];
            }
        }
    }
    trace.output = combine(heads, weights, what, trace.sums);
    return trace;
}

Gradients differentiate(const Heads &heads, const Parameters &weights, const Attended &what, const Trace &trace,
    const std::vector<double> &output) {
    size_t queries = what.windows.size(), keys = what.keys.size() / heads.key;
    Gradients result;
    auto dsums = part(heads, weights, what, trace, output, result.weights);
    std::vector<double> dqueries(trace.queries.size()), dkeys(trace.keys.size()), dvalues(trace.values.size());
    for (size_t row = 0; row < heads.count * queries; row++) {
        size_t h = row / queries, t = row % queries;
        Window window = what.windows[t];
        std::vector<double> dprobabilities(keys);
        double mean = 0;
        for (size_t s = window.low; s < window.high; s++) {
            double probability = trace.probabilities[row * keys + s], factor = what.kept(h, t, s);
            for (size_t p = 0; p < heads.summed; p++) {
                size_t value = (h * keys + s) * heads.summed + p;
                dprobabilities[s] += dsums[row * heads.summed + p] * trace.values[value] * factor;
                dvalues[value] += dsums[row * heads.summed + p] * probability * factor;
            }
            mean += probability * dprobabilities[s];
        }
        for (size_t s = window.low; s < window.high; s++) {
            double dscore = heads.scale * trace.probabilities[row * keys + s] * (dprobabilities[s] - mean);
            for (size_t i = 0; i < heads.compared; i++) {
                size_t key = (h * keys + s) * heads.compared + i;
                dqueries[row * heads.compared + i] += dscore * trace.keys[key];
                dkeys[key] += dscore * trace.queries[row * heads.compared + i];
            }
        }
    }
    auto &d = result.weights;
    of_queries(heads, weights).pull(what.queries, dqueries, result.queries, d.query, d.query_bias);
    of_keys(heads, weights).pull(what.keys, dkeys, result.keys, d.key, d.key_bias);
    of_values(heads, weights).pull(what.values, dvalues, result.values, d.value, d.value_bias);
    return result;
}

}  // namespace standin::dnn
