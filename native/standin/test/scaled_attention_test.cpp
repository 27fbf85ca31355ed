// Scaled dot-product attention through the graph API against double loops, and its gradients against central differences of those.
#include "core/number.hpp"
#include "graph.hpp"

#include <cmath>

using namespace test;

namespace {

enum class Mask { none, causal, causal_by_index, bottom_right, left };

struct Setting {
    cudnnDataType_t type = CUDNN_DATA_BFLOAT16;
    int64_t batches = 2, heads = 2, key_heads = 2, queries = 5, keys = 7, size = 8, value = 16;
    Mask mask = Mask::none;
    bool lengths = false, bias = false, softmax = false;
    double tolerance = 0.01;
};

// Values of 16 bits as they are and in double, [batch][head][time][element], by element type.
struct Half {
    std::vector<uint16_t> bits;
    std::vector<double> values;

    Half(const Setting &setting, int64_t heads, int64_t times, int64_t size, double step) {
        auto type = setting.type == CUDNN_DATA_HALF ? standin::Type::f16 : standin::Type::bf16;
        bits.resize(size_t(setting.batches * heads * times * size));
        auto raw = ramp<double>(bits.size(), step);
        for (size_t i = 0; i < bits.size(); i++) {
            standin::store(type, bits.data(), i, 2 * raw[i]);
            values.push_back(standin::load(type, bits.data(), i));
        }
    }
};

struct Inputs {
    Half q, k, v, bias, gradient;
    std::vector<int32_t> query_lengths{5, 3}, key_lengths{7, 4};

    explicit Inputs(const Setting &s)
        : q(s, s.heads, s.queries, s.size, 0.61), k(s, s.key_heads, s.keys, s.size, 0.37), v(s, s.key_heads, s.keys, s.value, 0.53),
          bias(s, s.heads, s.queries, s.keys, 0.29), gradient(s, s.heads, s.queries, s.value, 0.43) {}
};

bool kept(const Setting &s, const Inputs &in, int64_t b, int64_t t, int64_t key) {
    int64_t shift = s.lengths ? in.key_lengths[size_t(b)] - in.query_lengths[size_t(b)] : s.keys - s.queries;
    bool inside = !s.lengths || key < in.key_lengths[size_t(b)];
    switch (s.mask) {
        case Mask::causal:
        case Mask::causal_by_index: return inside && key <= t;
        case Mask::bottom_right: return inside && key <= t + shift;
        case Mask::left: return inside && key + 3 > t;
        default: return inside;
    }
}

constexpr double scale = 0.35;

// Output and statistics in plain loops.
std::vector<double> reference(const Setting &s, const Inputs &in, std::vector<double> *stats = nullptr) {
    std::vector<double> output;
    for (int64_t row = 0; row < s.batches * s.heads * s.queries; row++) {
        int64_t b = row / (s.heads * s.queries), h = row / s.queries % s.heads, t = row % s.queries;
        int64_t group = b * s.key_heads + h / (s.heads / s.key_heads);
        double total = 0;
        std::vector<double> sums(size_t(s.value), 0);
        for (int64_t key = 0; key < s.keys && !(s.lengths && t >= in.query_lengths[size_t(b)]); key++) {
            double score = 0;
            for (int64_t e = 0; e < s.size; e++) {
                score += scale * in.q.values[size_t(row * s.size + e)] * in.k.values[size_t((group * s.keys + key) * s.size + e)];
            }
            score += s.bias ? in.bias.values[size_t(row * s.keys + key)] : 0;
            double weight = kept(s, in, b, t, key) ? std::exp(score) : 0;
            total += weight;
            for (int64_t e = 0; e < s.value; e++) {
                sums[size_t(e)] += weight * in.v.values[size_t((group * s.keys + key) * s.value + e)];
            }
        }
        for (double sum : sums) {
            output.push_back(total > 0 ? sum / total : 0);
        }
        if (stats != nullptr) {
            stats->push_back(std::log(total));
        }
    }
    return output;
}

// The graph's identifiers.
enum Id : int64_t { q_id = 1, k_id, v_id, o_id, stats_id, scale_id, query_lengths_id, key_lengths_id, gradient_id, dq_id, dk_id, dv_id,
    bias_id = 20, input_id, biased_id, output_id, infinity_id, row_id, column_id, compared_id, left_id };

class Attention {
public:
    Attention(const Setting &setting, bool backward) : s(setting) {
        OK(cudnnCreate(&handle));
        plan = std::make_unique<Made>(build(backward));
        workspace = std::make_unique<Array<char>>(std::vector<char>(size_t(plan->read(CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE))));
    }

    ~Attention() { cudnnDestroy(handle); }

    cudnnStatus_t run(Pointers pointers, const Array<int32_t> &query_lengths, const Array<int32_t> &key_lengths, void *bias) {
        float factor = float(scale), infinity = -INFINITY, left = 3;
        pointers.push_back({scale_id, &factor});
        if (s.lengths) {
            pointers.push_back({query_lengths_id, query_lengths.begin()});
            pointers.push_back({key_lengths_id, key_lengths.begin()});
        }
        if (s.bias) {
            pointers.push_back({bias_id, bias});
        }
        if (s.mask != Mask::none) {
            pointers.push_back({infinity_id, &infinity});
        }
        if (s.mask == Mask::left) {
            pointers.push_back({left_id, &left});
        }
        Made pack = pack_of(pointers, workspace->begin());
        auto status = cudnnBackendExecute(handle, plan->get(), pack.get());
        factor = infinity = left = NAN;
        return status;
    }

    Setting s;
    cudnnHandle_t handle = nullptr;
    std::unique_ptr<Made> plan;
    std::unique_ptr<Array<char>> workspace;

private:
    Dimensions scores() const { return {s.batches, s.heads, s.queries, s.keys}; }

    Made virtual_scores(int64_t id) const { return tensor(id, CUDNN_DATA_FLOAT, scores(), Memory::virtual_); }

    Made masked(const Made &x, const Made &y) const {
        Made infinity = tensor(infinity_id, CUDNN_DATA_FLOAT, {1, 1, 1, 1}, Memory::by_value);
        Made band(CUDNN_BACKEND_OPERATION_DIAGONAL_BAND_MASK_DESCRIPTOR);
        OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_XDESC, x));
        OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_BDESC, infinity));
        OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_YDESC, y));
        if (s.mask == Mask::bottom_right) {
            OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_SEQ_LEN_QDESC, lengths(query_lengths_id)));
            OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_SEQ_LEN_KVDESC, lengths(key_lengths_id)));
        }
        bool left = s.mask == Mask::left;
        if (left) {
            OK(band.link(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_LEFT_BOUND_DESC,
                tensor(left_id, CUDNN_DATA_FLOAT, {1, 1, 1, 1}, Memory::by_value)));
        }
        OK(band.set(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_COMPARISON_MODE, CUDNN_TYPE_POINTWISE_MODE,
            std::vector<cudnnPointwiseMode_t>{left ? CUDNN_POINTWISE_CMP_GT : CUDNN_POINTWISE_CMP_GE}));
        OK(band.finalize());
        return band;
    }

    Made lengths(int64_t id) const { return tensor(id, CUDNN_DATA_INT32, {s.batches, 1, 1, 1}); }

    // Bias first, then the mask, from tensor `input_id` to `output_id`.
    Made subgraph() const {
        std::vector<Made> operations;
        Made input = virtual_scores(input_id), biased = virtual_scores(s.mask == Mask::none ? output_id : biased_id);
        Made output = virtual_scores(output_id);
        if (s.bias) {
            Made bias = tensor(bias_id, s.type, scores());
            operations.push_back(pointwise(CUDNN_POINTWISE_ADD, -1, input, &bias, nullptr, biased));
        }
        const Made &x = s.bias ? biased : input;
        if (s.mask == Mask::causal_by_index) {
            Made row = virtual_scores(row_id), column = virtual_scores(column_id), compared = virtual_scores(compared_id);
            Made infinity = tensor(infinity_id, CUDNN_DATA_FLOAT, {1, 1, 1, 1}, Memory::by_value);
            operations.push_back(pointwise(CUDNN_POINTWISE_GEN_INDEX, 2, x, nullptr, nullptr, row));
            operations.push_back(pointwise(CUDNN_POINTWISE_GEN_INDEX, 3, x, nullptr, nullptr, column));
            operations.push_back(pointwise(CUDNN_POINTWISE_CMP_GE, -1, row, &column, nullptr, compared));
            operations.push_back(pointwise(CUDNN_POINTWISE_BINARY_SELECT, -1, x, &infinity, &compared, output));
        } else if (s.mask != Mask::none) {
            operations.push_back(masked(x, output));
        }
        std::vector<const Made *> all;
        for (const Made &one : operations) {
            all.push_back(&one);
        }
        return graph_of(all);
    }

    Made build(bool backward) const {
        Made operation(backward ? CUDNN_BACKEND_OPERATION_SDPA_BWD_DESCRIPTOR : CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR);
        Dimensions query{s.batches, s.heads, s.queries, s.size}, key{s.batches, s.key_heads, s.keys, s.size};
        Dimensions value{s.batches, s.key_heads, s.keys, s.value}, out{s.batches, s.heads, s.queries, s.value};
        Made stats = tensor(stats_id, CUDNN_DATA_FLOAT, {s.batches, s.heads, s.queries, 1});
#define LINK(name, made) OK(operation.link(backward ? CUDNN_ATTR_OPERATION_SDPA_BWD_##name : CUDNN_ATTR_OPERATION_SDPA_FWD_##name, made))
        LINK(QDESC, tensor(q_id, s.type, query));
        LINK(KDESC, tensor(k_id, s.type, key));
        LINK(VDESC, tensor(v_id, s.type, value));
        LINK(ODESC, tensor(o_id, s.type, out));
        LINK(SCALEDESC, tensor(scale_id, CUDNN_DATA_FLOAT, {1, 1, 1, 1}, Memory::by_value));
        if (s.softmax && !backward) {
            Made softmax(CUDNN_BACKEND_OPERATION_SOFTMAX_DESCRIPTOR);
            OK(softmax.link(CUDNN_ATTR_OPERATION_SOFTMAX_XDESC, virtual_scores(50)));
            OK(softmax.link(CUDNN_ATTR_OPERATION_SOFTMAX_YDESC, virtual_scores(51)));
            OK(softmax.link(CUDNN_ATTR_OPERATION_SOFTMAX_STATS_DESC, stats));
            OK(softmax.finalize());
            OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_FWD_SOFTMAX_DESC, softmax));
        } else {
            LINK(STATSDESC, stats);
        }
        if (s.lengths) {
            LINK(SEQ_LEN_QDESC, lengths(query_lengths_id));
            LINK(SEQ_LEN_KVDESC, lengths(key_lengths_id));
        }
        if (s.bias || s.mask != Mask::none) {
            LINK(SUBGRAPH, subgraph());
            OK(operation.integer(backward ? CUDNN_ATTR_OPERATION_SDPA_BWD_SUBGRAPH_INPUT_UID : CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH_INPUT_UID, input_id));
            OK(operation.integer(backward ? CUDNN_ATTR_OPERATION_SDPA_BWD_SUBGRAPH_OUTPUT_UID : CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH_OUTPUT_UID, output_id));
        }
#undef LINK
        if (backward) {
            OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DODDESC, tensor(gradient_id, s.type, out)));
            OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DQDESC, tensor(dq_id, s.type, query)));
            OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DKDESC, tensor(dk_id, s.type, key)));
            OK(operation.link(CUDNN_ATTR_OPERATION_SDPA_BWD_DVDESC, tensor(dv_id, s.type, value)));
        }
        OK(operation.finalize());
        auto found = configurations(graph_of({&operation}));
        EXPECT_EQUAL(found.size(), 1u);
        return plan_of(handle, found[0]);
    }
};

std::vector<double> decoded(const Setting &s, const std::vector<uint16_t> &bits) {
    std::vector<double> values;
    for (size_t i = 0; i < bits.size(); i++) {
        values.push_back(standin::load(s.type == CUDNN_DATA_HALF ? standin::Type::f16 : standin::Type::bf16, bits.data(), i));
    }
    return values;
}

void expect_gradient(const Setting &s, Inputs &in, Half Inputs::*input, const std::vector<double> &actual) {
    for (size_t i = 0; i < actual.size(); i++) {
        double &x = (in.*input).values[i], before = x, difference = 0;
        for (double step : {1e-4, -1e-4}) {
            x = before + step;
            auto output = reference(s, in);
            for (size_t j = 0; j < output.size(); j++) {
                difference += output[j] * in.gradient.values[j] / (2 * step);
            }
        }
        x = before;
        EXPECT_NEAR(actual[i], difference, s.tolerance * (1 + std::fabs(difference)));
    }
}

void expect_attention(const Setting &s) {
    Inputs in(s);
    Attention forward(s, false), backward(s, true);
    Array<uint16_t> q(in.q.bits), k(in.k.bits), v(in.v.bits), bias(in.bias.bits), gradient(in.gradient.bits);
    Array<uint16_t> o(in.gradient.bits), dq(in.q.bits), dk(in.k.bits), dv(in.v.bits);
    Array<int32_t> query_lengths(in.query_lengths), key_lengths(in.key_lengths);
    Array<float> stats(std::vector<float>(size_t(s.batches * s.heads * s.queries)));
    OK(forward.run({{q_id, q.begin()}, {k_id, k.begin()}, {v_id, v.begin()}, {o_id, o.begin()}, {stats_id, stats.begin()}},
        query_lengths, key_lengths, bias.begin()));
    std::vector<double> logarithms;
    auto expected = reference(s, in, &logarithms), actual = decoded(s, o.values());
    expect_all_near(actual, expected, s.tolerance);
    auto written = stats.values();
    for (size_t i = 0; i < written.size(); i++) {
        bool padding = std::isinf(logarithms[i]);
        EXPECT_TRUE(padding ? std::isnan(written[i]) : std::fabs(written[i] - logarithms[i]) < 1e-5);
    }
    OK(backward.run({{q_id, q.begin()}, {k_id, k.begin()}, {v_id, v.begin()}, {o_id, o.begin()}, {stats_id, stats.begin()},
                        {gradient_id, gradient.begin()}, {dq_id, dq.begin()}, {dk_id, dk.begin()}, {dv_id, dv.begin()}},
        query_lengths, key_lengths, bias.begin()));
    expect_gradient(s, in, &Inputs::q, decoded(s, dq.values()));
    expect_gradient(s, in, &Inputs::k, decoded(s, dk.values()));
    expect_gradient(s, in, &Inputs::v, decoded(s, dv.values()));
}

void expect_both_types(Setting s) {
    expect_attention(s);
    s.type = CUDNN_DATA_HALF;
    s.tolerance = 0.002;
    expect_attention(s);
}

CASE(without_mask) {
    expect_both_types({});
}

CASE(grouped_heads) {
    Setting s;
    s.heads = 4;
    expect_both_types(s);
}

CASE(causal_by_band_and_by_index) {
    Setting s;
    s.mask = Mask::causal;
    s.softmax = true;
    expect_both_types(s);
    s.mask = Mask::causal_by_index;
    expect_both_types(s);
}

CASE(left_bound) {
    Setting s;
    s.mask = Mask::left;
    s.queries = 7;
    expect_both_types(s);
}

CASE(lengths_alone_with_bias_and_with_a_mask_aligned_to_them) {
    Setting s;
    s.lengths = true;
    expect_both_types(s);
    s.bias = true;
    expect_both_types(s);
    s.mask = Mask::bottom_right;
    expect_both_types(s);
}

}  // namespace
