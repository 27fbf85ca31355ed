// The subgraph between scores and softmax: masks, bias and other functions of single scores, evaluated element by element.
#pragma once

#include "tensor.hpp"

namespace standin::dnn::graph {

/// A value and its derivative with respect to the score before the subgraph.
struct Dual {
    double value, slope;
};

/// Whether a mode of pointwise operations is one that the stand-in computes, and of how many inputs; 0 where not.
int inputs_of(cudnnPointwiseMode_t mode);

class Scores {
public:
    /// No subgraph: scores stay as they are.
    Scores() = default;
    Scores(const Descriptor &subgraph, int64_t input, int64_t output);

    /// What is wrong with it; empty where nothing is.
    std::string flaw() const;

    /// The tensors that have elements in memory.
    std::vector<Tensor> external() const;

    /// The score of head h of batch b, of query s for key t.
    Dual after(const Bound &bound, double score, int64_t b, int64_t h, int64_t s, int64_t t) const;

private:
    struct Node {
        bool band;
        cudnnPointwiseMode_t mode;
        int64_t axis;
        std::map<int, Tensor> inputs;  // by attribute
        Tensor output;
    };
    struct Place;

    Dual value(const Place &place, const Tensor &tensor) const;
    Dual pointwise(const Place &place, const Node &node) const;
    Dual band(const Place &place, const Node &node) const;

    bool present_ = false;
    int64_t input_ = 0, output_ = 0;
    std::map<int64_t, Node> nodes_;  // by the identifier of the output
};

}  // namespace standin::dnn::graph
