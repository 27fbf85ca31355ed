// The two operations that the stand-in executes, read out of their descriptors.
#pragma once

#include "scores.hpp"

#include <optional>

namespace standin::dnn::graph {

/// Attention forward or backward. Tensors that only one of them has are missing in the other.
struct Operation {
    bool backward;
    Tensor q, k, v, o;
    std::optional<Tensor> stats, scale, query_lengths, key_lengths;
    std::optional<Tensor> output_gradient, dq, dk, dv;
    Scores scores;

    explicit Operation(const Descriptor &descriptor);

    /// What makes it no attention; empty where nothing does.
    std::string flaw() const;

    /// Why no engine executes it; empty where one does.
    std::string unsupported() const;

    /// All tensors with elements in memory.
    std::vector<Tensor> tensors() const;
};

/// Whether a descriptor is that of attention, which alone can be executed.
bool is_attention(const Descriptor &operation);

}  // namespace standin::dnn::graph
