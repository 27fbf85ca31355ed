// The weights of a recurrent stack by name, wherever a library puts them.
#pragma once

#include "device.hpp"

namespace baseline {

/// A matrix or a bias in a weight space, in elements.
struct Part {
    size_t offset, count;
};

/// Every matrix of every layer and product, and then its bias.
std::vector<Part> parts(const Device &device, cudnnRNNDescriptor_t rnn, size_t bytes, size_t element, int layers, int products);

/// A weight space of floats whose parts are those of a normal distribution, the same wherever they lie.
void fill(const Floats &space, const std::vector<Part> &parts, unsigned seed, float deviation);

/// The parts one after another.
std::vector<float> gather(const std::vector<float> &space, const std::vector<Part> &parts);

}  // namespace baseline
