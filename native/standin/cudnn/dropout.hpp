// Dropout descriptors, and random numbers that are a function of a key and an index.
#pragma once

#include "api.hpp"
#include "handle.hpp"

#include <cstdint>

struct cudnnDropoutStruct {
    bool set = false;
    float rate = 0;
    void *states = nullptr;  // device memory; null: no random numbers, only a rate
    size_t bytes = 0;
    unsigned long long seed = 0;
};

namespace standin::dnn {

/// The live dropout descriptors.
Registry<cudnnDropoutStruct> &dropouts();

/// Size of the states, of which few bytes are used: code that guesses a size fails.
constexpr size_t dropout_states_bytes = 4096;

/// The states as a region that work reads and writes.
Region states_of(const cudnnDropoutStruct &dropout);

/// Inside queued work: takes the key for one pass of dropout from the states and moves them on.
/// A breach is recorded where the states were never initialised or have been written over.
uint64_t next_key(void *states);

/// A number in [0, 1), the same for the same key and index.
double uniform(uint64_t key, uint64_t index);

/// What an element is multiplied by: 0 with probability `rate`, else 1 / (1 - rate).
double dropout_factor(uint64_t key, uint64_t index, double rate);

}  // namespace standin::dnn
