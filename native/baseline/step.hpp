// What is timed: a module at work on inputs of its own.
#pragma once

#include "device.hpp"

#include <functional>
#include <memory>

namespace baseline {

using Results = std::vector<std::pair<std::string, std::vector<float>>>;

class Step {
public:
    virtual ~Step() = default;

    /// Queues the forward pass.
    virtual void inference() = 0;
    /// Queues the forward pass, and from a given gradient by its outputs those by all parameters and inputs. No optimiser.
    virtual void training() = 0;
    /// The outputs and gradients of the last training step, by name.
    virtual Results results(const Device &device) const = 0;
};

}  // namespace baseline
