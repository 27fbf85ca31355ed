// Optimiser steps over many parameters in one launch. Equations are PyTorch's.
#include "numbers.cuh"

#define MOST_PARAMETERS 64
#define MOST_ROLES 5
/// Elements of one block.
#define CHUNK 2048

/// Up to MOST_PARAMETERS parameters: of each the elements, the first block, and where it and what belongs to it lie. Written by CudaOptimizer.
struct Parameters {
    long long elements[MOST_PARAMETERS];
    Scalar *pointer[MOST_ROLES][MOST_PARAMETERS];
    int firstBlock[MOST_PARAMETERS];
    int count;
    int unused;
};

/// The parameter whose chunk is this block's: the last that begins at or before it.
__device__ static inline int parameterOfBlock(const Parameters &all) {
    int low = 0;
    int high = all.count - 1;
    while (low < high) {
        int middle = (low + high + 1) / 2;
        if (all.firstBlock[middle] <= (int)blockIdx.x) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/// The elements of a parameter that this block updates.
struct Part {
    long long from;
    long long to;
};

__device__ static inline Part partOfBlock(const Parameters &all, int parameter) {
    Part part;
    part.from = (long long)((int)blockIdx.x - all.firstBlock[parameter]) * CHUNK;
    part.to = part.from + CHUNK < all.elements[parameter] ? part.from + CHUNK : all.elements[parameter];
    return part;
}

/// Roles: parameter, gradient, momentum (not read where it is the first step, not there where momentum is 0).
extern "C" __global__ void sgd(
    Parameters all, Scalar rate, Scalar momentum, Scalar undamped, Scalar weightDecay, int nesterov, int firstStep) {
    int which = parameterOfBlock(all);
    Part part = partOfBlock(all, which);
    Scalar *parameter = all.pointer[0][which];
    const Scalar *gradient = all.pointer[1][which];
    Scalar *momenta = all.pointer[2][which];
    for (long long i = part.from + threadIdx.x; i < part.to; i += blockDim.x) {
        Scalar p = parameter[i];
        Scalar g = fused(weightDecay, p, gradient[i]);
        Scalar update = g;
        if (momentum != 0) {
            Scalar m = firstStep ? g : fused(momentum, momenta[i], undamped * g);
            momenta[i] = m;
            update = nesterov ? fused(momentum, m, g) : m;
        }
        parameter[i] = fused(-rate, update, p);
    }
}

/// Roles: parameter, gradient, mean square, mean gradient (where centered), momentum (where not 0).
extern "C" __global__ void rmsProp(
    Parameters all, Scalar rate, Scalar decay, Scalar fresh, Scalar epsilon, Scalar weightDecay, Scalar momentum,
    int centered) {
    int which = parameterOfBlock(all);
    Part part = partOfBlock(all, which);
    Scalar *parameter = all.pointer[0][which];
    const Scalar *gradient = all.pointer[1][which];
    Scalar *meanSquare = all.pointer[2][which];
    Scalar *meanGradient = all.pointer[3][which];
    Scalar *momenta = all.pointer[4][which];
    for (long long i = part.from + threadIdx.x; i < part.to; i += blockDim.x) {
        Scalar p = parameter[i];
        Scalar g = fused(weightDecay, p, gradient[i]);
        Scalar s = fused(decay, meanSquare[i], fresh * g * g);
        meanSquare[i] = s;
        if (centered) {
            Scalar a = fused(decay, meanGradient[i], fresh * g);
            meanGradient[i] = a;
            s = larger(fused(-a, a, s), 0);
        }
        Scalar update = g / (root(s) + epsilon);
        if (momentum != 0) {
            update = fused(momentum, momenta[i], update);
            momenta[i] = update;
        }
        parameter[i] = fused(-rate, update, p);
    }
}

/// Roles: parameter, gradient, mean, mean square. rate is the corrected one, decay what decoupled weight decay takes off (rate * lambda),
/// weightDecay what joins the gradient; one of the two is 0.
extern "C" __global__ void adam(
    Parameters all, Scalar rate, Scalar beta1, Scalar fresh1, Scalar beta2, Scalar fresh2, Scalar epsilon,
    Scalar weightDecay, Scalar decay, Scalar rootCorrection) {
    int which = parameterOfBlock(all);
    Part part = partOfBlock(all, which);
    Scalar *parameter = all.pointer[0][which];
    const Scalar *gradient = all.pointer[1][which];
    Scalar *mean = all.pointer[2][which];
    Scalar *meanSquare = all.pointer[3][which];
    for (long long i = part.from + threadIdx.x; i < part.to; i += blockDim.x) {
        Scalar p = parameter[i];
        Scalar g = weightDecay == 0 ? gradient[i] : fused(weightDecay, p, gradient[i]);
        p = fused(-decay, p, p);
        Scalar m = fused(beta1, mean[i], fresh1 * g);
        Scalar s = fused(beta2, meanSquare[i], fresh2 * g * g);
        mean[i] = m;
        meanSquare[i] = s;
        parameter[i] = fused(-rate, m / (root(s) / rootCorrection + epsilon), p);
    }
}
