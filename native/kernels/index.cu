// Rows chosen by index; scatterAdd sorts the indices, so that each row of the table is summed by one thread in their order.
#include "numbers.cuh"
#include "indices.cuh"

/// Indices in [0, bound): see findFailure.
extern "C" __global__ void checkIndices(
    const void *indices, int wide, long long count, long long bound, long long operation, Failure *record,
    int *failed) {
    findFailure(indices, wide, count, bound, 0, operation, record, failed);
}

/// y[i, :] = table[indices[i], :], rows of so many units of T.
template <class T>
__device__ static inline void gatherRows(
    const int *failed, const T *table, const void *indices, int wide, long long count, long long units, T *y) {
    long long row = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    if (*failed || row >= count) {
        return;
    }
    const T *from = table + indexAt(indices, wide, row) * units;
    for (long long i = threadIdx.x; i < units; i += blockDim.x) {
        y[row * units + i] = from[i];
    }
}

extern "C" __global__ void gather1(
    const int *failed, const unsigned char *table, const void *indices, int wide, long long count, long long units,
    unsigned char *y) {
    gatherRows(failed, table, indices, wide, count, units, y);
}

extern "C" __global__ void gather2(
    const int *failed, const unsigned short *table, const void *indices, int wide, long long count, long long units,
    unsigned short *y) {
    gatherRows(failed, table, indices, wide, count, units, y);
}

extern "C" __global__ void gather4(
    const int *failed, const unsigned *table, const void *indices, int wide, long long count, long long units,
    unsigned *y) {
    gatherRows(failed, table, indices, wide, count, units, y);
}

extern "C" __global__ void gather8(
    const int *failed, const unsigned long long *table, const void *indices, int wide, long long count,
    long long units, unsigned long long *y) {
    gatherRows(failed, table, indices, wide, count, units, y);
}

#define DIGITS 256
#define LANES 32

/// A key and where it stood before the sort.
struct Entry {
    unsigned key;
    unsigned place;
};

extern "C" __global__ void sortStart(const void *indices, int wide, unsigned count, Entry *entries) {
    unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < count) {
        Entry entry = {(unsigned)indexAt(indices, wide, i), i};
        entries[i] = entry;
    }
}

__device__ static inline unsigned digitOf(unsigned key, int shift) { return key >> shift & (DIGITS - 1); }

/// How many lanes before this one, and how many after it, have its digit; DIGITS stands for no entry.
struct Rank {
    unsigned before;
    unsigned after;
};

__device__ static inline Rank rankOf(unsigned digit, unsigned *digits) {
    __syncthreads();
    digits[threadIdx.x] = digit;
    __syncthreads();
    Rank rank = {0, 0};
    for (unsigned lane = 0; lane < LANES; lane++) {
        unsigned isSame = digits[lane] == digit;
        rank.before += lane < threadIdx.x ? isSame : 0;
        rank.after += lane > threadIdx.x ? isSame : 0;
    }
    return rank;
}

/// Counts the digits of each block's part of the entries: counts[digit, block]. Blocks of LANES threads.
extern "C" __global__ void sortCount(
    const Entry *entries, unsigned count, unsigned part, int shift, unsigned *counts) {
    __shared__ unsigned totals[DIGITS];
    __shared__ unsigned digits[LANES];
    for (unsigned digit = threadIdx.x; digit < DIGITS; digit += LANES) {
        totals[digit] = 0;
    }
    unsigned first = blockIdx.x * part;
    for (unsigned start = first; start < first + part && start < count; start += LANES) {
        unsigned i = start + threadIdx.x;
        unsigned digit = i < count ? digitOf(entries[i].key, shift) : DIGITS;
        Rank rank = rankOf(digit, digits);
        if (digit < DIGITS && rank.after == 0) {
            totals[digit] += rank.before + 1;
        }
    }
    __syncthreads();
    for (unsigned digit = threadIdx.x; digit < DIGITS; digit += LANES) {
        counts[digit * gridDim.x + blockIdx.x] = totals[digit];
    }
}

/// counts[i] = the sum of all before it. One block of SCANNING_THREADS, each of which adds up a run.
#define SCANNING_THREADS 256

extern "C" __global__ void sortScan(unsigned *counts, unsigned count) {
    __shared__ unsigned sums[SCANNING_THREADS];
    unsigned run = (count + SCANNING_THREADS - 1) / SCANNING_THREADS;
    unsigned first = threadIdx.x * run;
    unsigned last = first + run < count ? first + run : count;
    unsigned sum = 0;
    for (unsigned i = first; i < last; i++) {
        sum += counts[i];
    }
    sums[threadIdx.x] = sum;
    __syncthreads();
    unsigned before = 0;
    for (unsigned thread = 0; thread < threadIdx.x; thread++) {
        before += sums[thread];
    }
    for (unsigned i = first; i < last; i++) {
        unsigned here = counts[i];
        counts[i] = before;
        before += here;
    }
}

/// Moves every entry to its place by this digit; those of one digit stay in their order.
extern "C" __global__ void sortMove(
    const Entry *entries, unsigned count, unsigned part, int shift, const unsigned *counts, Entry *sorted) {
    __shared__ unsigned next[DIGITS];
    __shared__ unsigned digits[LANES];
    for (unsigned digit = threadIdx.x; digit < DIGITS; digit += LANES) {
        next[digit] = counts[digit * gridDim.x + blockIdx.x];
    }
    unsigned first = blockIdx.x * part;
    for (unsigned start = first; start < first + part && start < count; start += LANES) {
        unsigned i = start + threadIdx.x;
        unsigned digit = i < count ? digitOf(entries[i].key, shift) : DIGITS;
        Rank rank = rankOf(digit, digits);
        unsigned to = digit < DIGITS ? next[digit] + rank.before : 0;
        __syncthreads();
        if (digit < DIGITS) {
            sorted[to] = entries[i];
            if (rank.after == 0) {
                next[digit] = to + 1;
            }
        }
    }
}

/// Adds the rows of source to the table's, those of one index in their order: the thread at the first entry of each index adds them all.
extern "C" __global__ void scatterSorted(
    const int *failed, const Entry *sorted, unsigned count, long long ignored, long long features,
    const Scalar *source, Scalar *table) {
    long long place = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    if (*failed || place >= count) {
        return;
    }
    unsigned key = sorted[place].key;
    if (key == ignored || (place > 0 && sorted[place - 1].key == key)) {
        return;
    }
    for (long long feature = threadIdx.x; feature < features; feature += blockDim.x) {
        Scalar sum = table[key * features + feature];
#pragma unroll 8
        for (long long i = place; i < count && sorted[i].key == key; i++) {
            sum += source[sorted[i].place * features + feature];
        }
        table[key * features + feature] = sum;
    }
}
