// What CUDA C has and C++ has not, for kernels compiled for the host. Stands before a kernel's own text; no system header does,
// for their names would meet those of kernels.
#pragma once

#include "module.hpp"

// Left in place for the stand-in, which replaces them after preprocessing, having read the names of kernels.
#define __global__ standin_global
#define __shared__ standin_shared

#define __device__
#define __host__
#define __constant__ static
#define __forceinline__ inline __attribute__((always_inline))
#define __noinline__ __attribute__((noinline))
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))
#define __restrict__ __restrict

typedef decltype(sizeof 0) size_t;
typedef long ptrdiff_t;

typedef standin::kernel::Three uint3;
struct dim3 : uint3 {
    constexpr dim3(unsigned a = 1, unsigned b = 1, unsigned c = 1) : uint3{a, b, c} {}
};

// Set by who runs the kernel, before each thread goes on.
static uint3 threadIdx, blockIdx;
static dim3 blockDim, gridDim;
static constexpr int warpSize = 32;
static const standin::kernel::Services *standin_services;

#define __syncthreads() ((void)standin_services->barrier(__FILE__, __LINE__, 0))
#define __syncthreads_count(condition) standin_services->barrier(__FILE__, __LINE__, (condition) != 0)
#define __syncthreads_or(condition) (standin_services->barrier(__FILE__, __LINE__, (condition) != 0) > 0)
#define __syncthreads_and(condition) (standin_services->barrier(__FILE__, __LINE__, (condition) == 0) == 0)
#define __syncwarp(...) \
    ((void)standin_services->meet(standin::kernel::synchronization, standin_mask(__VA_ARGS__), __FILE__, __LINE__, 0, 0))
#define __ballot_sync(mask, condition) \
    unsigned(standin_services->meet(standin::kernel::vote, mask, __FILE__, __LINE__, (condition) != 0, 0))
#define __any_sync(mask, condition) int(__ballot_sync(mask, condition) != 0)
#define __all_sync(mask, condition) int(__ballot_sync(mask, (condition) == 0) == 0)
#define __shfl_sync(mask, ...) standin_shuffle<standin_index>(__FILE__, __LINE__, mask, __VA_ARGS__)
#define __shfl_up_sync(mask, ...) standin_shuffle<standin_up>(__FILE__, __LINE__, mask, __VA_ARGS__)
#define __shfl_down_sync(mask, ...) standin_shuffle<standin_down>(__FILE__, __LINE__, mask, __VA_ARGS__)
#define __shfl_xor_sync(mask, ...) standin_shuffle<standin_xor>(__FILE__, __LINE__, mask, __VA_ARGS__)
#define __trap() standin_services->fail(__FILE__, __LINE__, "__trap")
#define assert(condition) ((condition) ? (void)0 : standin_services->fail(__FILE__, __LINE__, "assertion " #condition))

static inline void __threadfence() {}
static inline void __threadfence_block() {}
static inline void __threadfence_system() {}

static inline unsigned standin_mask(unsigned mask = 0xFFFFFFFFu) { return mask; }

static inline int standin_lane() {
    return int((threadIdx.x + blockDim.x * (threadIdx.y + blockDim.y * threadIdx.z)) % 32);
}

// The lane each kind of shuffle reads, given one's own lane, the first and the end of one's part of the warp, and the argument.
static inline int standin_index(int, int first, int end, int lane) { return first + (lane & (end - first - 1)); }
static inline int standin_up(int own, int first, int, unsigned lanes) { return own - int(lanes) < first ? own : own - int(lanes); }
static inline int standin_down(int own, int, int end, unsigned lanes) { return own + int(lanes) >= end ? own : own + int(lanes); }
static inline int standin_xor(int own, int, int end, int lanes) { return (own ^ lanes) >= end ? own : own ^ lanes; }

template <auto source, class T, class L>
static inline T standin_shuffle(const char *file, int line, unsigned mask, T value, L lanes, int width = 32) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8 || sizeof(T) == 2);
    int own = standin_lane(), first = own / width * width;
    unsigned long long bits = 0;
    __builtin_memcpy(&bits, &value, sizeof value);
    bits = standin_services->meet(standin::kernel::shuffle, mask, file, line, bits, source(own, first, first + width, lanes));
    __builtin_memcpy(&value, &bits, sizeof value);
    return value;
}

#include "maths.hpp"
