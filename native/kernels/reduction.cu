// Reductions of axes, arg max, softmax and log-softmax. The order of every sum depends on shapes alone.
#include "rows.cuh"
#include "walk.cuh"

/// In the order of the enum's constants.
enum Reduction { SUM, MEAN, MAX, MIN, SUM_OF_SQUARES };

__device__ static inline Sum identity(int reduction) {
    return sumOf(reduction == MAX ? -infinity() : reduction == MIN ? infinity() : Scalar(0));
}

__device__ static inline Sum include(int reduction, Sum result, Scalar x) {
    switch (reduction) {
    case MAX: return sumOf(larger(result.high, x));
    case MIN: return sumOf(smaller(result.high, x));
    case SUM_OF_SQUARES: return plusProduct(result, x, x);
    default: return plus(result, x);
    }
}

__device__ static inline Sum combine(int reduction, Sum a, Sum b) {
    switch (reduction) {
    case MAX: return sumOf(larger(a.high, b.high));
    case MIN: return sumOf(smaller(a.high, b.high));
    default: return plus(a, b);
    }
}

__device__ static inline Sum combineRow(int reduction, Sum result) {
    switch (reduction) {
    case MAX: return sumOf(rowMaximum(result.high));
    case MIN: return sumOf(-rowMaximum(-result.high));
    default: return rowSum(result);
    }
}

/// One chunk of a result, or where there is one chunk, the result.
__device__ static inline void finish(
    int reduction, Sum result, long long output, long long outputs, long long chunks, Scalar divisor, Sum *partials,
    Scalar *y) {
    if (chunks > 1) {
        partials[blockIdx.y * outputs + output] = result;
    } else {
        y[output] = quotient(result, divisor);
    }
}

/// A thread for each result and chunk: kept walks the results, reduced what belongs to each. blockIdx.y is the chunk.
extern "C" __global__ void reduceColumns(
    int reduction, Walk kept, Walk reduced, long long chunk, Scalar divisor, const Scalar *x, Sum *partials,
    Scalar *y) {
    long long output = (long long)blockIdx.x * blockDim.x + threadIdx.x;
    if (output >= kept.count) {
        return;
    }
    const Scalar *first = x + placesOf(kept, output).at[0];
    long long from = blockIdx.y * chunk;
    long long to = from + chunk < reduced.count ? from + chunk : reduced.count;
    Sum result = identity(reduction);
    for (long long i = from; i < to; i++) {
        result = include(reduction, result, first[placesOf(reduced, i).at[0]]);
    }
    finish(reduction, result, output, kept.count, gridDim.y, divisor, partials, y);
}

/// A row of threads for each result and chunk.
extern "C" __global__ void reduceRows(
    int reduction, Walk kept, Walk reduced, long long chunk, Scalar divisor, const Scalar *x, Sum *partials,
    Scalar *y) {
    long long output = rowOfThread();
    if (output >= kept.count) {
        return;
    }
    const Scalar *first = x + placesOf(kept, output).at[0];
    long long from = blockIdx.y * chunk;
    long long to = from + chunk < reduced.count ? from + chunk : reduced.count;
    Sum result = identity(reduction);
    for (long long i = from + threadIdx.x; i < to; i += blockDim.x) {
        result = include(reduction, result, first[placesOf(reduced, i).at[0]]);
    }
    result = combineRow(reduction, result);
    if (threadIdx.x == 0) {
        finish(reduction, result, output, kept.count, gridDim.y, divisor, partials, y);
    }
}

/// Combines the chunks of each result, a row of threads for each.
extern "C" __global__ void reducePartials(
    int reduction, long long outputs, long long chunks, Scalar divisor, const Sum *partials, Scalar *y) {
    long long output = rowOfThread();
    if (output >= outputs) {
        return;
    }
    Sum result = identity(reduction);
    for (long long chunk = threadIdx.x; chunk < chunks; chunk += blockDim.x) {
        result = combine(reduction, result, partials[chunk * outputs + output]);
    }
    result = combineRow(reduction, result);
    if (threadIdx.x == 0) {
        y[output] = quotient(result, divisor);
    }
}

/// Whether an element comes before another in the search for the largest: NaN first, then size, then place.
__device__ static inline bool leads(Scalar a, long long placeA, Scalar b, long long placeB) {
    if (isNaN(a) || isNaN(b)) {
        return isNaN(a) && (!isNaN(b) || placeA < placeB);
    }
    return a > b || (a == b && placeA < placeB);
}

/// The place of the largest in each row: rows walks the rows' first elements, whose neighbours are stride apart.
extern "C" __global__ void argMax(Walk rows, const Scalar *x, long long length, long long stride, long long *y) {
    long long row = rowOfThread();
    if (row >= rows.count) {
        return;
    }
    const Scalar *first = x + placesOf(rows, row).at[0];
    long long place = threadIdx.x < length ? (long long)threadIdx.x : 0;
    Scalar largest = first[place * stride];
    for (long long i = threadIdx.x + blockDim.x; i < length; i += blockDim.x) {
        Scalar next = first[i * stride];
        if (leads(next, i, largest, place)) {
            largest = next;
            place = i;
        }
    }
    for (int lane = WARP / 2; lane > 0; lane /= 2) {
        Scalar other = __shfl_xor_sync(ALL_LANES, largest, lane);
        long long otherPlace = __shfl_xor_sync(ALL_LANES, place, lane);
        if (leads(other, otherPlace, largest, place)) {
            largest = other;
            place = otherPlace;
        }
    }
    __shared__ Scalar numbers[MOST_WARPS];
    __shared__ long long places[MOST_WARPS];
    if (blockDim.x > WARP) {
        if (threadIdx.x % WARP == 0) {
            numbers[threadIdx.x / WARP] = largest;
            places[threadIdx.x / WARP] = place;
        }
        __syncthreads();
        for (unsigned warp = 0; warp < blockDim.x / WARP; warp++) {
            if (leads(numbers[warp], places[warp], largest, place)) {
                largest = numbers[warp];
                place = places[warp];
            }
        }
    }
    if (threadIdx.x == 0) {
        y[row] = place;
    }
}

/// The largest of a row, 0 where that is minus infinity, and the sum of exp(x - largest).
struct Exponentials {
    Scalar shift;
    Scalar sum;
};

__device__ static inline Exponentials exponentials(const Scalar *x, long long length, long long stride) {
    Scalar largest = -infinity();
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        largest = larger(largest, x[i * stride]);
    }
    largest = rowMaximum(largest);
    Exponentials row;
    row.shift = largest == -infinity() ? Scalar(0) : largest;
    Sum sum = sumOf(0);
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        sum = plus(sum, exponential(x[i * stride] - row.shift));
    }
    row.sum = rounded(rowSum(sum));
    return row;
}

/// y = exp(x - max) / sum; a row of minus infinities gives zeros.
extern "C" __global__ void softmax(Walk rows, const Scalar *x, long long length, long long stride, Scalar *y) {
    long long row = rowOfThread();
    if (row >= rows.count) {
        return;
    }
    const Scalar *from = x + placesOf(rows, row).at[0];
    Exponentials e = exponentials(from, length, stride);
    Scalar factor = e.sum == 0 ? Scalar(0) : 1 / e.sum;
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        y[row * length + i] = factor * exponential(from[i * stride] - e.shift);
    }
}

/// y = x - max - ln sum.
extern "C" __global__ void logSoftmax(Walk rows, const Scalar *x, long long length, long long stride, Scalar *y) {
    long long row = rowOfThread();
    if (row >= rows.count) {
        return;
    }
    const Scalar *from = x + placesOf(rows, row).at[0];
    Exponentials e = exponentials(from, length, stride);
    Scalar log = logarithm(e.sum);
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        y[row * length + i] = from[i * stride] - e.shift - log;
    }
}

/// dx = y (dy - sum of y dy).
extern "C" __global__ void softmaxBackward(
    Walk rows, const Scalar *y, long long length, long long yStride, const Scalar *dy, long long dyStride, Scalar *dx) {
    long long row = rowOfThread();
    if (row >= rows.count) {
        return;
    }
    Places places = placesOf(rows, row);
    const Scalar *share = y + places.at[0];
    const Scalar *upstream = dy + places.at[1];
    Sum sum = sumOf(0);
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        sum = plusProduct(sum, share[i * yStride], upstream[i * dyStride]);
    }
    Scalar dot = rounded(rowSum(sum));
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        dx[row * length + i] = share[i * yStride] * (upstream[i * dyStride] - dot);
    }
}

/// dx = dy - exp(y) times the sum of dy.
extern "C" __global__ void logSoftmaxBackward(
    Walk rows, const Scalar *y, long long length, long long yStride, const Scalar *dy, long long dyStride, Scalar *dx) {
    long long row = rowOfThread();
    if (row >= rows.count) {
        return;
    }
    Places places = placesOf(rows, row);
    const Scalar *log = y + places.at[0];
    const Scalar *upstream = dy + places.at[1];
    Sum sum = sumOf(0);
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        sum = plus(sum, upstream[i * dyStride]);
    }
    Scalar total = rounded(rowSum(sum));
    for (long long i = threadIdx.x; i < length; i += blockDim.x) {
        dx[row * length + i] = fused(-exponential(log[i * yStride]), total, upstream[i * dyStride]);
    }
}
