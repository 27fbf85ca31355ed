#include "scores.hpp"

#include <cmath>

namespace standin::dnn::graph {
namespace {

constexpr int x_name = CUDNN_ATTR_OPERATION_POINTWISE_XDESC;
constexpr int b_name = CUDNN_ATTR_OPERATION_POINTWISE_BDESC;
constexpr int t_name = CUDNN_ATTR_OPERATION_POINTWISE_TDESC;
constexpr int band_x = CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_XDESC;
constexpr int band_b = CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_BDESC;
constexpr int band_queries = CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_SEQ_LEN_QDESC;
constexpr int band_keys = CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_SEQ_LEN_KVDESC;
constexpr int band_left = CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_LEFT_BOUND_DESC;
constexpr int band_right = CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_SHIFT_RIGHT_BOUND_DESC;

bool compare(cudnnPointwiseMode_t mode, double a, double b) {
    switch (mode) {
        case CUDNN_POINTWISE_CMP_EQ: return a == b;
        case CUDNN_POINTWISE_CMP_NEQ: return a != b;
        case CUDNN_POINTWISE_CMP_GT: return a > b;
        case CUDNN_POINTWISE_CMP_GE: return a >= b;
        case CUDNN_POINTWISE_CMP_LT: return a < b;
        case CUDNN_POINTWISE_CMP_LE: return a <= b;
        case CUDNN_POINTWISE_LOGICAL_AND: return a != 0 && b != 0;
        default: return a != 0 || b != 0;
    }
}

}  // namespace

// Where an element is, and the score there.
struct Scores::Place {
    const Bound &bound;
    double score;
    int64_t at[4];
};

int inputs_of(cudnnPointwiseMode_t mode) {
    switch (mode) {
        case CUDNN_POINTWISE_IDENTITY:
        case CUDNN_POINTWISE_TANH_FWD:
        case CUDNN_POINTWISE_LOGICAL_NOT:
        case CUDNN_POINTWISE_GEN_INDEX: return 1;
        case CUDNN_POINTWISE_ADD:
        case CUDNN_POINTWISE_SUB:
        case CUDNN_POINTWISE_MUL:
        case CUDNN_POINTWISE_DIV:
        case CUDNN_POINTWISE_LOGICAL_AND:
        case CUDNN_POINTWISE_LOGICAL_OR: return 2;
        case CUDNN_POINTWISE_BINARY_SELECT: return 3;
        default: return mode >= CUDNN_POINTWISE_CMP_EQ && mode <= CUDNN_POINTWISE_CMP_LE ? 2 : 0;
    }
}

Scores::Scores(const Descriptor &subgraph, int64_t input, int64_t output) : present_(true), input_(input), output_(output) {
    for (const auto &operation : subgraph.values.at(CUDNN_ATTR_OPERATIONGRAPH_OPS).descriptors) {
        Node node{operation->kind == CUDNN_BACKEND_OPERATION_DIAGONAL_BAND_MASK_DESCRIPTOR, {}, 0, {}, {}};
        int written = CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_YDESC;
        if (node.band) {
            node.mode = operation->one(CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_COMPARISON_MODE, CUDNN_POINTWISE_CMP_GE);
        } else if (const auto *what = operation->link(CUDNN_ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR)) {
            node.mode = what->one(CUDNN_ATTR_POINTWISE_MODE, CUDNN_POINTWISE_IDENTITY);
            node.axis = what->one<int64_t>(CUDNN_ATTR_POINTWISE_AXIS, -1);
            written = CUDNN_ATTR_OPERATION_POINTWISE_YDESC;
        }
        for (const auto &[name, attribute] : operation->values) {
            if (!attribute.descriptors.empty() && attribute.descriptors[0]->kind == CUDNN_BACKEND_TENSOR_DESCRIPTOR) {
                (name == written ? node.output : node.inputs[name]) = Tensor(*attribute.descriptors[0]);
            }
        }
        nodes_[node.output.id] = node;
    }
}

std::string Scores::flaw() const {
    if (!present_) {
        return "";
    }
    if (nodes_.count(output_) == 0) {
        return "no operation of the subgraph writes its output, tensor " + std::to_string(output_);
    }
    bool read = false;
    for (const auto &[id, node] : nodes_) {
        for (const auto &[name, tensor] : node.inputs) {
            read |= tensor.id == input_;
            if (tensor.is_virtual && tensor.id != input_ && nodes_.count(tensor.id) == 0) {
                return "no operation of the subgraph writes virtual " + tensor.name();
            }
        }
        if (!node.output.is_virtual) {
            return "the subgraph writes " + node.output.name() + ", which is not virtual";
        }
    }
    return read ? "" : "no operation of the subgraph reads its input, tensor " + std::to_string(input_);
}

std::vector<Tensor> Scores::external() const {
    std::vector<Tensor> all;
    for (const auto &[id, node] : nodes_) {
        for (const auto &[name, tensor] : node.inputs) {
            if (!tensor.is_virtual) {
                all.push_back(tensor);
            }
        }
    }
    return all;
}

Dual Scores::after(const Bound &bound, double score, int64_t b, int64_t h, int64_t s, int64_t t) const {
    if (!present_) {
        return {score, 1};
    }
    const auto &node = nodes_.at(output_);
    return value({bound, score, {b, h, s, t}}, node.output);
}

Dual Scores::value(const Place &place, const Tensor &tensor) const {
    if (tensor.id == input_) {
        return {place.score, 1};
    }
    if (auto found = nodes_.find(tensor.id); found != nodes_.end()) {
        return found->second.band ? band(place, found->second) : pointwise(place, found->second);
    }
    return {place.bound.at(tensor.id).at(place.at[0], place.at[1], place.at[2], place.at[3]), 0};
}

Dual Scores::pointwise(const Place &place, const Node &node) const {
    if (node.mode == CUDNN_POINTWISE_GEN_INDEX) {
        return {static_cast<double>(place.at[node.axis]), 0};
    }
    Dual x = value(place, node.inputs.at(x_name));
    Dual b = inputs_of(node.mode) > 1 ? value(place, node.inputs.at(b_name)) : Dual{0, 0};
    switch (node.mode) {
        case CUDNN_POINTWISE_IDENTITY: return x;
        case CUDNN_POINTWISE_TANH_FWD: return {std::tanh(x.value), x.slope * (1 - std::tanh(x.value) * std::tanh(x.value))};
        case CUDNN_POINTWISE_LOGICAL_NOT: return {x.value == 0 ? 1.0 : 0.0, 0};
        case CUDNN_POINTWISE_ADD: return {x.value + b.value, x.slope + b.slope};
        case CUDNN_POINTWISE_SUB: return {x.value - b.value, x.slope - b.slope};
        case CUDNN_POINTWISE_MUL: return {x.value * b.value, x.slope * b.value + x.value * b.slope};
        case CUDNN_POINTWISE_DIV:
            return {x.value / b.value, (x.slope * b.value - x.value * b.slope) / (b.value * b.value)};
        case CUDNN_POINTWISE_BINARY_SELECT: return value(place, node.inputs.at(t_name)).value != 0 ? x : b;
        default: return {compare(node.mode, x.value, b.value) ? 1.0 : 0.0, 0};
    }
}

// Keeps the score where row + keys - queries + shift >= column, or with a left bound where column + bound - keys + queries > row
// (or another comparison); lengths count only where they are given.
Dual Scores::band(const Place &place, const Node &node) const {
    auto input = [&](int name) { return node.inputs.count(name) > 0 ? value(place, node.inputs.at(name)).value : 0; };
    auto row = static_cast<double>(place.at[2]), column = static_cast<double>(place.at[3]);
    double shift = input(band_keys) - input(band_queries);
    bool kept = node.inputs.count(band_left) > 0 ? compare(node.mode, column + input(band_left) - shift, row)
                                                 : compare(node.mode, row + shift + input(band_right), column);
    return value(place, node.inputs.at(kept ? band_x : band_b));
}

}  // namespace standin::dnn::graph
