// A stack of recurrent layers by cuDNN, over batches whose sequences have all steps.
#pragma once

#include "step.hpp"

namespace baseline {

struct RecurrentSize {
    cudnnRNNMode_t mode;
    int steps, batch, inputs, hidden, layers;
    bool bidirectional;

    int directions() const { return bidirectional ? 2 : 1; }
};

std::unique_ptr<Step> recurrent_step(const Device &device, const RecurrentSize &size);

}  // namespace baseline
