// What recurrent stacks need beside cuDNN. Elementwise parts of one step of a GRU whose reset comes before the product:
// r, z = sigmoid(...); p = r h; n = tanh(... + R p); h' = (1 - z) n + z h. Products are cuBLAS's.
// gates [batch, 3 hidden] r z n, rows gatesStride apart; states [batch, hidden], rows hiddenStride apart; y and dy rows yStride apart.
// A row takes part where step < its length (null: all do); others keep their state, and give zeros.
#include "numbers.cuh"

struct Step {
    long long batch;
    long long hidden;
    long long gatesStride;
    long long hiddenStride;
    long long yStride;
    const int *lengths;
    long long step;
};

/// A thread's row and unit.
struct Unit {
    long long row;
    long long unit;
    bool exists;
    bool takesPart;
};

__device__ static inline Unit unitOfThread(const Step &step) {
    long long number = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    Unit at;
    at.row = number / step.hidden;
    at.unit = number % step.hidden;
    at.exists = at.row < step.batch;
    at.takesPart = at.exists && (step.lengths == 0 || step.step < step.lengths[at.row]);
    return at;
}

/// gates: r and z from their sums to their values; reset = r h, the factor of the third product.
extern "C" __global__ void gruResetGates(Step step, Scalar *gates, const Scalar *hidden, Scalar *reset) {
    Unit at = unitOfThread(step);
    if (!at.exists) {
        return;
    }
    Scalar *gate = gates + at.row * step.gatesStride + at.unit;
    Scalar r = sigmoid(gate[0]);
    gate[0] = r;
    gate[step.hidden] = sigmoid(gate[step.hidden]);
    reset[at.row * step.hidden + at.unit] = at.takesPart ? r * hidden[at.row * step.hiddenStride + at.unit] : Scalar(0);
}

/// gates: n from its sum to its value; next = h', which may be hidden itself; y = h'.
extern "C" __global__ void gruResetOutput(Step step, Scalar *gates, const Scalar *hidden, Scalar *next, Scalar *y) {
    Unit at = unitOfThread(step);
    if (!at.exists) {
        return;
    }
    Scalar *gate = gates + at.row * step.gatesStride + at.unit;
    Scalar z = gate[step.hidden];
    Scalar n = hyperbolicTangent(gate[2 * step.hidden]);
    gate[2 * step.hidden] = n;
    Scalar h = hidden[at.row * step.hiddenStride + at.unit];
    Scalar result = at.takesPart ? fused(z, h - n, n) : h;
    next[at.row * step.hiddenStride + at.unit] = result;
    y[at.row * step.yStride + at.unit] = at.takesPart ? result : Scalar(0);
}

/// From dhidden = the gradient of h' that later steps gave, and dy (may be null): dgates of z and n, dhidden = the part of h's gradient that
/// does not come through products. hidden is h, before the step. gates hold values; dgates are laid out as they are.
extern "C" __global__ void gruResetOutputBackward(
    Step step, const Scalar *gates, const Scalar *hidden, const Scalar *dy, Scalar *dhidden, Scalar *dgates) {
    Unit at = unitOfThread(step);
    if (!at.exists) {
        return;
    }
    const Scalar *gate = gates + at.row * step.gatesStride + at.unit;
    Scalar *dgate = dgates + at.row * step.gatesStride + at.unit;
    if (!at.takesPart) {
        dgate[0] = 0;
        dgate[step.hidden] = 0;
        dgate[2 * step.hidden] = 0;
        return;
    }
    Scalar z = gate[step.hidden];
    Scalar n = gate[2 * step.hidden];
    Scalar *state = dhidden + at.row * step.hidden + at.unit;
    Scalar dh = dy == 0 ? *state : *state + dy[at.row * step.yStride + at.unit];
    dgate[step.hidden] = dh * (hidden[at.row * step.hiddenStride + at.unit] - n) * z * (1 - z);
    dgate[2 * step.hidden] = dh * (1 - z) * (1 - n * n);
    *state = dh * z;
}

/// From dreset, the gradient of r h: dgates of r, and dhidden += dreset r. reset = r h again, for the weights' gradient.
extern "C" __global__ void gruResetGatesBackward(
    Step step, const Scalar *gates, const Scalar *hidden, const Scalar *dreset, Scalar *dhidden, Scalar *dgates,
    Scalar *reset) {
    Unit at = unitOfThread(step);
    if (!at.exists) {
        return;
    }
    long long place = at.row * step.hidden + at.unit;
    if (!at.takesPart) {
        reset[place] = 0;
        return;
    }
    Scalar r = gates[at.row * step.gatesStride + at.unit];
    Scalar h = hidden[at.row * step.hiddenStride + at.unit];
    Scalar dp = dreset[place];
    dgates[at.row * step.gatesStride + at.unit] = dp * h * r * (1 - r);
    dhidden[place] = fused(dp, r, dhidden[place]);
    reset[place] = r * h;
}

/// Zeros at and past each sequence's length, in [batch, steps, features] or, time-major, in [steps, batch, features].
extern "C" __global__ void clearPastLengths(
    long long batch, long long steps, long long features, int timeMajor, const int *lengths, Scalar *values) {
    long long place = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (place >= batch * steps * features) {
        return;
    }
    long long line = place / features;
    long long row = timeMajor ? line % batch : line / steps;
    long long step = timeMajor ? line / batch : line % steps;
    if (step >= lengths[row]) {
        values[place] = 0;
    }
}
