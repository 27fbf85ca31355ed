// The steps that Gatun, this program and PyTorch all take, by the same names.
#pragma once

#include "attention.hpp"

namespace baseline {

struct Case {
    std::string name;
    std::function<std::unique_ptr<Step>(const Device &, Kernels &)> make;
};

/// All of them; small ones make the same calls on less data, for the host stand-in.
std::vector<Case> cases(bool small, Way way);

}  // namespace baseline
