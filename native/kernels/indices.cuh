// Indices of I32 or I64, and the record of those that fit nothing.
#ifndef GATUN_INDICES
#define GATUN_INDICES

__device__ static inline long long indexAt(const void *indices, int wide, long long place) {
    return wide ? ((const long long *)indices)[place] : (long long)((const int *)indices)[place];
}

/// The first error that only the device could see; the host reads it where it waits. Laid out as DeviceFaults has it.
struct Fault {
    int operation; // 0: none
    int unused;
    long long index;
    long long bound;
    long long place;
};

#define CHECKING_THREADS 256

/// Whether all indices are in [0, bound) or the allowed one: writes 1 to *failed where not, else 0, and the first that is not to the
/// record, if that is empty. One block of CHECKING_THREADS.
__device__ static inline void findFault(
    const void *indices, int wide, long long count, long long bound, long long allowed, int operation,
    volatile Fault *record, int *failed) {
    __shared__ long long firsts[CHECKING_THREADS];
    long long first = count;
    for (long long i = threadIdx.x; i < count && first == count; i += blockDim.x) {
        long long index = indexAt(indices, wide, i);
        if ((index < 0 || index >= bound) && index != allowed) {
            first = i;
        }
    }
    firsts[threadIdx.x] = first;
    __syncthreads();
    if (threadIdx.x > 0) {
        return;
    }
    for (unsigned thread = 1; thread < blockDim.x; thread++) {
        first = firsts[thread] < first ? firsts[thread] : first;
    }
    *failed = first < count;
    if (first < count && record->operation == 0) {
        record->index = indexAt(indices, wide, first);
        record->place = first;
        record->bound = bound;
        __threadfence_system();
        record->operation = operation;
    }
}

#endif
