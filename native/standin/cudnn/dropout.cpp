#include "dropout.hpp"

#include <cstring>

namespace standin::dnn {
namespace {

// How the states begin in device memory.
struct States {
    uint64_t mark;
    uint64_t seed;
    uint64_t passes;
};

constexpr uint64_t mark = 0x53746174657321ULL;

// The finaliser of the generator SplitMix64: every bit of the result depends on every bit of the value.
uint64_t mix(uint64_t value) {
    value += 0x9E3779B97F4A7C15ULL;
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9ULL;
    value = (value ^ value >> 27) * 0x94D049BB133111EBULL;
    return value ^ value >> 31;
}

cudnnStatus_t configure(const char *function, cudnnDropoutDescriptor_t descriptor, cudnnHandle_t handle, float rate,
    void *states, size_t bytes, unsigned long long seed) {
    if (descriptor == nullptr || dropouts().find(function, descriptor) == nullptr || !live(function, handle)) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "!dropoutDesc || !handle");
    }
    if (!(rate >= 0 && rate <= 1)) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "dropout < 0 || dropout > 1");
    }
    if (states != nullptr && bytes < dropout_states_bytes) {
        return fail(function, CUDNN_STATUS_BAD_PARAM, "stateSizeInBytes is less than cudnnDropoutGetStatesSize() said");
    }
    *descriptor = {true, rate, states, bytes, seed};
    return CUDNN_STATUS_SUCCESS;
}

}  // namespace

Registry<cudnnDropoutStruct> &dropouts() {
    static auto &live = *new Registry<cudnnDropoutStruct>("cuDNN dropout descriptor");
    return live;
}

Region states_of(const cudnnDropoutStruct &dropout) {
    return {dropout.states, dropout_states_bytes, "dropout states"};
}

uint64_t next_key(void *states) {
    States current;
    std::memcpy(&current, states, sizeof current);
    if (current.mark != mark) {
        violate("dropout: the states were not initialised by cudnnSetDropoutDescriptor");
        return 0;
    }
    uint64_t key = mix(mix(current.seed) + current.passes);
    current.passes++;
    std::memcpy(states, &current, sizeof current);
    return key;
}

double uniform(uint64_t key, uint64_t index) {
    return static_cast<double>(mix(key ^ mix(index)) >> 11) * 0x1p-53;
}

double dropout_factor(uint64_t key, uint64_t index, double rate) {
    return uniform(key, index) < rate ? 0 : 1 / (1 - rate);
}

}  // namespace standin::dnn

using namespace standin::dnn;

cudnnStatus_t cudnnCreateDropoutDescriptor(cudnnDropoutDescriptor_t *dropoutDesc) {
    DNN_ENTER();
    DNN_BAD(dropoutDesc == nullptr);
    *dropoutDesc = dropouts().create();
    return CUDNN_STATUS_SUCCESS;
}

cudnnStatus_t cudnnDestroyDropoutDescriptor(cudnnDropoutDescriptor_t dropoutDesc) {
    return destroy(__func__, dropouts(), dropoutDesc);
}

cudnnStatus_t cudnnDropoutGetStatesSize(cudnnHandle_t handle, size_t *sizeInBytes) {
    DNN_ENTER();
    DNN_BAD(!live(__func__, handle) || sizeInBytes == nullptr);
    *sizeInBytes = dropout_states_bytes;
    return CUDNN_STATUS_SUCCESS;
}

// With null states only the rate is set; otherwise work is queued that initialises them.
cudnnStatus_t cudnnSetDropoutDescriptor(cudnnDropoutDescriptor_t dropoutDesc, cudnnHandle_t handle, float dropout,
    void *states, size_t stateSizeInBytes, unsigned long long seed) {
    DNN_ENTER();
    DNN_TRY(configure(__func__, dropoutDesc, handle, dropout, states, stateSizeInBytes, seed));
    if (states == nullptr) {
        return CUDNN_STATUS_SUCCESS;
    }
    return queued(__func__, standin::enqueue(handle->stream, __func__, {states_of(*dropoutDesc)}, [states, seed] {
        States fresh{mark, seed, 0};
        std::memcpy(states, &fresh, sizeof fresh);
    }));
}

// Takes states over as they are, so that their random numbers go on where they stood; the seed has no effect.
cudnnStatus_t cudnnRestoreDropoutDescriptor(cudnnDropoutDescriptor_t dropoutDesc, cudnnHandle_t handle, float dropout,
    void *states, size_t stateSizeInBytes, unsigned long long seed) {
    DNN_ENTER();
    DNN_BAD(states == nullptr);
    return configure(__func__, dropoutDesc, handle, dropout, states, stateSizeInBytes, seed);
}

cudnnStatus_t cudnnGetDropoutDescriptor(cudnnDropoutDescriptor_t dropoutDesc, cudnnHandle_t handle, float *dropout,
    void **states, unsigned long long *seed) {
    DNN_ENTER();
    DNN_BAD(dropoutDesc == nullptr || dropouts().find(__func__, dropoutDesc) == nullptr || !live(__func__, handle));
    DNN_BAD(dropout == nullptr || states == nullptr || seed == nullptr);
    *dropout = dropoutDesc->rate;
    *states = dropoutDesc->states;
    *seed = dropoutDesc->seed;
    return CUDNN_STATUS_SUCCESS;
}
