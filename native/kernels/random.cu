// Random numbers: a thread makes a block of four. Computed in double, as every backend does, so that all draw the same.
#include "numbers.cuh"
#include "philox.cuh"

/// The number in [0, 1) that a word stands for: its upper 24 bits.
__device__ static inline double unit(unsigned word) { return (double)(word >> 8) * 5.9604644775390625e-8; }

__device__ static inline long long blockOfThread() { return (long long)blockIdx.x * blockDim.x + threadIdx.x; }

/// y = low + u (high - low), at most highest, the largest of y's numbers below high.
extern "C" __global__ void uniform(
    unsigned long long seed, unsigned long long offset, long long count, double low, double high, double highest,
    Scalar *y) {
    long long block = blockOfThread();
    long long first = 4 * block;
    if (first >= count) {
        return;
    }
    Words words = philox(seed, offset + (unsigned long long)block);
    for (int i = 0; i < 4 && first + i < count; i++) {
        double number = low + unit(words.word[i]) * (high - low);
        y[first + i] = (Scalar)(number < highest ? number : highest);
    }
}

/// Box and Muller: mean + deviation sqrt(-2 ln(1 - u0)) (cos, sin)(2 pi u1).
extern "C" __global__ void normal(
    unsigned long long seed, unsigned long long offset, long long count, double mean, double deviation, Scalar *y) {
    long long block = blockOfThread();
    long long first = 4 * block;
    if (first >= count) {
        return;
    }
    Words words = philox(seed, offset + (unsigned long long)block);
    for (int i = 0; i < 4 && first + i < count; i += 2) {
        double radius = deviation * sqrt(-2 * log(1 - unit(words.word[i])));
        double angle = 2 * 3.14159265358979323846 * unit(words.word[i + 1]);
        y[first + i] = (Scalar)(mean + radius * cos(angle));
        if (first + i + 1 < count) {
            y[first + i + 1] = (Scalar)(mean + radius * sin(angle));
        }
    }
}

extern "C" __global__ void dropout(Dropping dropping, long long count, const Scalar *x, Scalar *y) {
    long long block = blockOfThread();
    long long first = 4 * block;
    if (first >= count) {
        return;
    }
    Words words = philox(dropping.seed, dropping.offset + (unsigned long long)block);
    for (int i = 0; i < 4 && first + i < count; i++) {
        y[first + i] = dropped(dropping, words.word[i], x[first + i]);
    }
}
