// Rows chosen by index; scatterAdd sorts the indices, so that each row of the table is summed by one thread in their order.
#include "numbers.cuh"
#include "indices.cuh"

/// Indices in [0, bound): see findFault.
extern "C" __global__ void checkIndices(
    const void *indices, int wide, long long count, long long bound, int operation, Fault *record,
    int *failed) {
    findFault(indices, wide, count, bound, 0, operation, record, failed);
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

#define SCANNING_THREADS 256
#define SCANNING_RUN 8

/// counts[i] = the sum of all before it. One block of SCANNING_THREADS, each with a run of the counts of every turn.
extern "C" __global__ void sortScan(unsigned *counts, unsigned count) {
    __shared__ unsigned sums[SCANNING_THREADS];
    unsigned total = 0;
    for (unsigned start = 0; start < count; start += SCANNING_THREADS * SCANNING_RUN) {
        unsigned first = start + threadIdx.x * SCANNING_RUN;
        unsigned run[SCANNING_RUN];
        unsigned sum = 0;
        for (unsigned i = 0; i < SCANNING_RUN; i++) {
            run[i] = first + i < count ? counts[first + i] : 0;
            sum += run[i];
        }
        __syncthreads();
        sums[threadIdx.x] = sum;
        __syncthreads();
        unsigned before = total;
        for (unsigned thread = 0; thread < SCANNING_THREADS; thread++) {
            before += thread < threadIdx.x ? sums[thread] : 0;
            total += sums[thread];
        }
        for (unsigned i = 0; i < SCANNING_RUN && first + i < count; i++) {
            counts[first + i] = before;
            before += run[i];
        }
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

/// Rows of source that are on their way at a time.
#define AHEAD 8

/// Adds the rows of source to the table's, those of one index in their order: the thread at the first entry of an index adds them all.
extern "C" __global__ void scatterSorted(
    const int *failed, const Entry *sorted, unsigned count, long long ignored, long long features,
    const Scalar *source, Scalar *table) {
    long long place = (long long)blockIdx.x * blockDim.y + threadIdx.y;
    long long feature = (long long)blockIdx.y * blockDim.x + threadIdx.x;
    if (*failed || place >= count || feature >= features) {
        return;
    }
    unsigned key = sorted[place].key;
    if (key == ignored || (place > 0 && sorted[place - 1].key == key)) {
        return;
    }
    Scalar sum = table[key * features + feature];
    bool more = true;
    for (long long first = place; more; first += AHEAD) {
        Scalar rows[AHEAD];
        bool belongs[AHEAD];
        for (int i = 0; i < AHEAD; i++) {
            belongs[i] = first + i < count && sorted[first + i].key == key;
            rows[i] = belongs[i] ? source[sorted[first + i].place * features + feature] : Scalar(0);
        }
        for (int i = 0; i < AHEAD; i++) {
            sum = belongs[i] ? sum + rows[i] : sum;
        }
        more = belongs[AHEAD - 1];
    }
    table[key * features + feature] = sum;
}
