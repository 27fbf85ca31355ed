// Rows shared by threads: blockDim.x of them (a power of two, 32 to 512) work on each row. With 32, a block has blockDim.y rows, a warp
// for each; with more it has one. All threads of a row get the result, which is combined in one order always.
#ifndef GATUN_ROWS
#define GATUN_ROWS

#include "numbers.cuh"

#define WARP 32
#define MOST_WARPS 16
#define ALL_LANES 0xffffffffu

__device__ static inline long long rowOfThread() { return (long long)blockIdx.x * blockDim.y + threadIdx.y; }

/// Lets all threads of a row see what the others have written.
__device__ static inline void rowBarrier() {
    if (blockDim.x == WARP) {
        __syncwarp();
    } else {
        __syncthreads();
    }
}

__device__ static inline Sum rowSum(Sum sum) {
    for (int lane = WARP / 2; lane > 0; lane /= 2) {
        Sum other;
        other.high = __shfl_xor_sync(ALL_LANES, sum.high, lane);
        other.low = __shfl_xor_sync(ALL_LANES, sum.low, lane);
        sum = plus(sum, other);
    }
    if (blockDim.x == WARP) {
        return sum;
    }
    __shared__ Scalar highs[MOST_WARPS];
    __shared__ Scalar lows[MOST_WARPS];
    __syncthreads();
    if (threadIdx.x % WARP == 0) {
        highs[threadIdx.x / WARP] = sum.high;
        lows[threadIdx.x / WARP] = sum.low;
    }
    __syncthreads();
    Sum total = {highs[0], lows[0]};
    for (unsigned warp = 1; warp < blockDim.x / WARP; warp++) {
        Sum part = {highs[warp], lows[warp]};
        total = plus(total, part);
    }
    return total;
}

__device__ static inline Scalar rowMaximum(Scalar x) {
    for (int lane = WARP / 2; lane > 0; lane /= 2) {
        x = larger(x, __shfl_xor_sync(ALL_LANES, x, lane));
    }
    if (blockDim.x == WARP) {
        return x;
    }
    __shared__ Scalar parts[MOST_WARPS];
    __syncthreads();
    if (threadIdx.x % WARP == 0) {
        parts[threadIdx.x / WARP] = x;
    }
    __syncthreads();
    Scalar largest = parts[0];
    for (unsigned warp = 1; warp < blockDim.x / WARP; warp++) {
        largest = larger(largest, parts[warp]);
    }
    return largest;
}

#endif
