// Multi-head attention against plain loops, and its gradients against central differences.
#include "multihead.hpp"

#include <cmath>

using namespace test;

namespace {

// W x + b of one head; without weight the input itself.
Values project(const MultiHead &one, cudnnMultiHeadAttnWeightKind_t kind, int bias, int h, const double *x, int size) {
    Weight w = one.weight(kind), b = one.weight(cudnnMultiHeadAttnWeightKind_t(bias));
    if (w.first < 0) {
        return Values(x, x + size);
    }
    Values y;
    for (int o = 0; o < w.sizes[1]; o++) {
        double sum = b.first < 0 ? 0 : one.weights[size_t(b.at(h, o, 0))];
        for (int i = 0; i < w.sizes[2]; i++) {
            sum += one.weights[size_t(w.at(h, o, i))] * x[i];
        }
        y.push_back(sum);
    }
    return y;
}

// Output vector of one query, without dropout.
Values expected(const MultiHead &one, int n, int t, int beam) {
    const Sizes &s = one.sizes;
    int key_beam = s.one_to_one ? beam : 0;
    int keys = std::min(one.high[size_t(t)], one.key_lengths[size_t(n * s.key_beams() + key_beam)]);
    Weight wo = one.weight(CUDNN_MH_ATTN_O_WEIGHTS), bo = one.weight(CUDNN_MH_ATTN_O_BIASES);
    Values y(size_t(s.out()));
    for (size_t o = 0; bo.first >= 0 && o < y.size(); o++) {
        y[o] = one.weights[size_t(bo.at(0, int(o), 0))];
    }
    for (int h = 0; h < s.heads; h++) {
        auto q = project(one, CUDNN_MH_ATTN_Q_WEIGHTS, CUDNN_MH_ATTN_Q_BIASES, h, &one.queries[one.query_at(n, t, beam, s.query)], s.query);
        Values sum(size_t(s.sum()));
        double total = 0;
        for (int i = one.low[size_t(t)]; i < keys; i++) {
            auto k = project(one, CUDNN_MH_ATTN_K_WEIGHTS, CUDNN_MH_ATTN_K_BIASES, h, &one.keys[one.key_at(n, i, key_beam, s.key)], s.key);
            auto v = project(one, CUDNN_MH_ATTN_V_WEIGHTS, CUDNN_MH_ATTN_V_BIASES, h, &one.values[one.key_at(n, i, key_beam, s.value)], s.value);
            double score = 0;
            for (size_t p = 0; p < q.size(); p++) {
                score += q[p] * k[p];
            }
            total += std::exp(0.7 * score);
            for (size_t p = 0; p < sum.size(); p++) {
                sum[p] += std::exp(0.7 * score) * v[p];
            }
        }
        for (size_t p = 0; p < sum.size() && total > 0; p++) {
            for (size_t o = 0; wo.first >= 0 && o < y.size(); o++) {
                y[o] += one.weights[size_t(wo.at(h, int(o), int(p)))] * sum[p] / total;
            }
            if (wo.first < 0) {
                y[size_t(h) * sum.size() + p] = sum[p] / total;
            }
        }
    }
    return y;
}

// Compares what is in the sequences; padding is undefined.
void expect_forward(MultiHead &one) {
    const Sizes &s = one.sizes;
    Values actual = one.forward(false);
    for (int n = 0; n < s.batches; n++) {
        for (int beam = 0; beam < s.beams; beam++) {
            for (int t = 0; t < s.queries; t++) {
                Values want = expected(one, n, t, beam);
                for (size_t i = 0; i < want.size(); i++) {
                    double got = actual[one.query_at(n, t, beam, s.out()) + i];
                    if (t < one.query_lengths[size_t(n * s.beams + beam)]) {
                        EXPECT_NEAR(got, want[i], 1e-12);
                    } else {
                        EXPECT_TRUE(std::isnan(got));
                    }
                }
            }
        }
    }
}

// Sum of the defined outputs times fixed numbers.
double loss(MultiHead &one, const Values &gradient) {
    Values y = one.forward();
    double sum = 0;
    for (size_t i = 0; i < y.size(); i++) {
        sum += std::isnan(y[i]) ? 0 : y[i] * gradient[i];
    }
    return sum;
}

// A gradient that is not defined belongs to padding, on which the loss does not depend.
void expect_gradient(MultiHead &one, Values MultiHead::*input, const Values &actual, const Values &gradient, bool padded) {
    for (size_t i = 0; i < actual.size(); i++) {
        double &x = (one.*input)[i], before = x;
        x = before + 1e-5;
        double above = loss(one, gradient);
        x = before - 1e-5;
        double below = loss(one, gradient);
        x = before;
        if (std::isnan(actual[i])) {
            EXPECT_TRUE(padded && above == below);
        } else {
            EXPECT_NEAR(actual[i], (above - below) / 2e-5, 1e-8);
        }
    }
}

void expect_gradients(Sizes sizes) {
    MultiHead one(sizes);
    auto gradient = ramp<double>(size_t(sizes.batches * sizes.beams * sizes.queries * sizes.out()), 0.43);
    one.forward();
    Values zero(one.weights.size());
    auto set = one.backward(gradient, zero, CUDNN_WGRAD_MODE_SET);
    one.forward();
    auto added = one.backward(gradient, one.weights, CUDNN_WGRAD_MODE_ADD);
    for (size_t i = 0; i < zero.size(); i++) {
        EXPECT_NEAR(added.weights[i], one.weights[i] + set.weights[i], 1e-12);
    }
    expect_gradient(one, &MultiHead::queries, set.queries, gradient, true);
    expect_gradient(one, &MultiHead::keys, set.keys, gradient, true);
    expect_gradient(one, &MultiHead::values, set.values, gradient, true);
    expect_gradient(one, &MultiHead::weights, set.weights, gradient, false);
}

// Projections all, none, some; beams that share keys and beams that do not.
std::vector<Sizes> variants() {
    Sizes plain, beams, pairs, bare, some;
    beams.beams = pairs.beams = 2;
    pairs.one_to_one = true;
    bare.key = bare.query = 3;
    bare.compared = bare.summed = bare.output = 0;
    bare.biases = false;
    some.biases = false;
    some.summed = 0;
    some.output = 4;
    return {plain, beams, pairs, bare, some};
}

CASE(forward_equals_plain_loops) {
    for (const Sizes &sizes : variants()) {
        MultiHead one(sizes);
        expect_forward(one);
    }
}

CASE(gradients_equal_central_differences) {
    for (const Sizes &sizes : variants()) {
        expect_gradients(sizes);
    }
}

CASE(gradients_with_dropout_equal_central_differences) {
    Sizes sizes;
    sizes.attention_dropout = 0.4;
    sizes.output_dropout = 0.3;
    expect_gradients(sizes);
}

CASE(dropout_is_of_training_only_and_keeps_the_mean) {
    Sizes sizes;
    sizes.output_dropout = 0.5;
    sizes.queries = sizes.keys = 8;
    MultiHead one(sizes);
    expect_forward(one);
    Values dropped = one.forward(), whole = one.forward(false);
    int zeros = 0, all = 0;
    for (size_t i = 0; i < whole.size(); i++) {
        if (!std::isnan(whole[i])) {
            EXPECT_TRUE(dropped[i] == 0 || std::fabs(dropped[i] - 2 * whole[i]) < 1e-12);
            zeros += dropped[i] == 0;
            all++;
        }
    }
    EXPECT_TRUE(zeros > all / 4 && zeros < all * 3 / 4);
}

CASE(residuals_are_added_to_the_output) {
    MultiHead one{Sizes{}};
    Values without = one.forward(false);
    one.residuals = ramp<double>(one.queries.size(), 0.71);
    Values with = one.forward(false);
    for (size_t i = 0; i < with.size(); i++) {
        EXPECT_TRUE(std::isnan(with[i]) || std::fabs(with[i] - without[i] - one.residuals[i]) < 1e-12);
    }
}

CASE(one_time_step_writes_no_other) {
    MultiHead one{Sizes{}};
    Values all = one.forward(false), step = one.forward(false, 2);
    const Sizes &s = one.sizes;
    for (int n = 0; n < s.batches; n++) {
        for (int t = 0; t < s.queries; t++) {
            size_t i = one.query_at(n, t, 0, s.out());
            bool written = t == 2 && one.query_lengths[size_t(n)] == s.queries;
            EXPECT_EQUAL(step[i], written ? all[i] : 99);
        }
    }
}

CASE(an_empty_window_leaves_the_bias) {
    MultiHead one{Sizes{}};
    one.low[1] = one.high[1] = 2;
    expect_forward(one);
}

}  // namespace
