// Losses: cross entropy of rows of logits, and losses of single elements. All contiguous.
#include "rows.cuh"
#include "indices.cuh"

/// Targets are classes or the ignored one: see findFault.
extern "C" __global__ void checkTargets(
    const void *targets, int wide, long long count, long long classes, long long ignored, int operation,
    Fault *record, int *failed) {
    findFault(targets, wide, count, classes, ignored, operation, record, failed);
}

/// (1 - s) w(t) (lse - x(t)) + s / classes times the sum of w(c) (lse - x(c)), s the label smoothing.
extern "C" __global__ void crossEntropy(
    const int *failed, long long rows, long long classes, const Scalar *logits, const void *targets, int wide,
    const Scalar *classWeights, long long ignored, Scalar smoothing, Scalar *losses, Scalar *targetWeights,
    Scalar *logSumExp) {
    long long row = rowOfThread();
    if (*failed || row >= rows) {
        return;
    }
    const Scalar *x = logits + row * classes;
    Scalar largest = -infinity();
    for (long long i = threadIdx.x; i < classes; i += blockDim.x) {
        largest = larger(largest, x[i]);
    }
    largest = rowMaximum(largest);
    Scalar shift = largest == -infinity() ? Scalar(0) : largest;
    Sum sum = sumOf(0);
    for (long long i = threadIdx.x; i < classes; i += blockDim.x) {
        sum = plus(sum, exponential(x[i] - shift));
    }
    Scalar total = shift + logarithm(rounded(rowSum(sum)));
    Sum smoothed = sumOf(0);
    if (smoothing != 0) {
        for (long long i = threadIdx.x; i < classes; i += blockDim.x) {
            Scalar weight = classWeights == 0 ? Scalar(1) : classWeights[i];
            smoothed = plusProduct(smoothed, weight, total - x[i]);
        }
        smoothed = rowSum(smoothed);
    }
    if (threadIdx.x > 0) {
        return;
    }
    long long target = indexAt(targets, wide, row);
    bool counts = target != ignored;
    Scalar weight = !counts ? Scalar(0) : classWeights == 0 ? Scalar(1) : classWeights[target];
    Scalar picked = counts ? (1 - smoothing) * weight * (total - x[target]) : Scalar(0);
    losses[row] = counts && smoothing != 0 ? picked + smoothing / (Scalar)classes * rounded(smoothed) : picked;
    targetWeights[row] = weight;
    logSumExp[row] = total;
}

/// dloss (p ((1 - s) w(t) + s / C sum of w) - s / C w - (1 - s) w(t) one-hot), p = exp(x - lse).
extern "C" __global__ void crossEntropyBackward(
    const int *failed, long long rows, long long classes, const Scalar *logits, const void *targets, int wide,
    const Scalar *classWeights, long long ignored, Scalar smoothing, const Scalar *logSumExp, const Scalar *dlosses,
    Scalar *dlogits) {
    long long row = rowOfThread();
    if (*failed || row >= rows) {
        return;
    }
    long long first = row * classes;
    long long target = indexAt(targets, wide, row);
    if (target == ignored) {
        for (long long i = threadIdx.x; i < classes; i += blockDim.x) {
            dlogits[first + i] = 0;
        }
        return;
    }
    Scalar weightSum = (Scalar)classes;
    if (smoothing != 0 && classWeights != 0) {
        Sum sum = sumOf(0);
        for (long long i = threadIdx.x; i < classes; i += blockDim.x) {
            sum = plus(sum, classWeights[i]);
        }
        weightSum = rounded(rowSum(sum));
    }
    Scalar share = smoothing / (Scalar)classes;
    Scalar picked = (1 - smoothing) * (classWeights == 0 ? Scalar(1) : classWeights[target]);
    Scalar factor = fused(share, weightSum, picked);
    Scalar total = logSumExp[row];
    Scalar dloss = dlosses[row];
    for (long long i = threadIdx.x; i < classes; i += blockDim.x) {
        Scalar weight = classWeights == 0 ? Scalar(1) : classWeights[i];
        Scalar p = exponential(logits[first + i] - total);
        Scalar slope = p * factor - share * weight;
        dlogits[first + i] = dloss * (i == target ? slope - picked : slope);
    }
}

/// In the order of the enum's constants.
enum Pointwise { SQUARED, ABSOLUTE, HUBER, BINARY_CROSS_ENTROPY_WITH_LOGITS };

__device__ static inline Scalar lossOf(int loss, Scalar delta, Scalar x, Scalar target) {
    Scalar error = x - target;
    Scalar distance = magnitude(error);
    switch (loss) {
    case SQUARED: return error * error;
    case ABSOLUTE: return distance;
    case HUBER: return distance <= delta ? Scalar(0.5) * error * error : delta * (distance - Scalar(0.5) * delta);
    default: return (larger(x, 0) - x * target) + logarithmOf1Plus(exponential(-magnitude(x)));
    }
}

__device__ static inline Scalar slopeOf(int loss, Scalar delta, Scalar x, Scalar target) {
    Scalar error = x - target;
    switch (loss) {
    case SQUARED: return 2 * error;
    case ABSOLUTE: return signum(error);
    case HUBER: return magnitude(error) <= delta ? error : delta * signum(error);
    default: return sigmoid(x) - target;
    }
}

extern "C" __global__ void pointwise(
    int loss, Scalar delta, long long count, const Scalar *x, const Scalar *target, Scalar *y) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        y[i] = lossOf(loss, delta, x[i], target[i]);
    }
}

extern "C" __global__ void pointwiseBackward(
    int loss, Scalar delta, long long count, const Scalar *x, const Scalar *target, const Scalar *dy, Scalar *dx) {
    long long i = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        dx[i] = dy[i] * slopeOf(loss, delta, x[i], target[i]);
    }
}
