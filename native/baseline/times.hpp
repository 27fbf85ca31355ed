// Times of a step.
#pragma once

#include "device.hpp"

#include <functional>

namespace baseline {

/// Microseconds.
struct Spread {
    double median, least, most;
};

/// Of one step: by CUDA's events, and by the clock from one wait for the device to the next.
struct Times {
    Spread events, wall;
};

/// Runs so many steps so many times, after a warm-up.
Times measure(const Device &device, int runs, int steps, const std::function<void()> &step);

}  // namespace baseline
