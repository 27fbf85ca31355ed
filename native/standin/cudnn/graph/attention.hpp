// Scaled dot-product attention of one operation, in double.
//   S = subgraph(scale · Q Kᵀ), keys from a batch's length on masked;  P = softmax(S),  O = P V,  stats = ln Σ exp S
// Heads of queries share heads of keys and values in groups. Queries from a batch's length on, and those without keys, give 0;
// the statistics of the former are undefined.
#pragma once

#include "scores.hpp"

#include <optional>

namespace standin::dnn::graph {

/// What forward and backward have in common.
struct Scaled {
    View q, k, v, o;
    std::optional<View> stats, scale, query_lengths, key_lengths;
    Scores scores;
    Bound bound;
};

void attend(const Scaled &attention);

/// Gradients from that of the output; reads what the forward pass wrote to `o` and `stats`.
void differentiate(const Scaled &attention, const View &output, const View &dq, const View &dk, const View &dv);

}  // namespace standin::dnn::graph
