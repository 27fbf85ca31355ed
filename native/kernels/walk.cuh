// How a kernel finds its elements in operands of one shape and any strides.
#ifndef GATUN_WALK
#define GATUN_WALK

#define MOST_AXES 16
#define MOST_OPERANDS 3

/// Axes, outermost first, with the distance of neighbours in each operand, in elements. Written by CudaWalk.
struct Walk {
    long long count;
    long long axes;
    long long size[MOST_AXES];
    long long stride[MOST_OPERANDS][MOST_AXES];
};

/// An element's place in each operand, counted from the operand's first.
struct Places {
    long long at[MOST_OPERANDS];
};

/// Where the element of that number, counted row-major, lies. Numbers below 2^32 are divided in 32 bits, which is much faster.
__device__ static inline Places placesOf(const Walk &walk, long long number) {
    Places places = {{0, 0, 0}};
    unsigned long long rest = (unsigned long long)number;
    for (int axis = (int)walk.axes - 1; axis >= 0; axis--) {
        unsigned long long size = (unsigned long long)walk.size[axis];
        unsigned long long index = rest;
        if (axis > 0) {
            bool isShort = ((rest | size) >> 32) == 0;
            unsigned long long quotient = isShort ? (unsigned)rest / (unsigned)size : rest / size;
            index = rest - quotient * size;
            rest = quotient;
        }
        for (int operand = 0; operand < MOST_OPERANDS; operand++) {
            places.at[operand] += (long long)index * walk.stride[operand][axis];
        }
    }
    return places;
}

/// Elements that one thread works on, a block's width apart.
#define PER_THREAD 4

/// Takes every element: a thread loads all of its own before it stores the first, so that the loads are on their way together.
/// take: what is loaded, given an element's number and places; give: stores what becomes of it, given the same.
template <class T, class Take, class Give>
__device__ static inline void eachElement(const Walk &walk, Take take, Give give) {
    T taken[PER_THREAD];
    Places places[PER_THREAD];
    long long first = (long long)blockIdx.x * PER_THREAD * blockDim.x + threadIdx.x;
#pragma unroll
    for (int turn = 0; turn < PER_THREAD; turn++) {
        long long i = first + turn * (long long)blockDim.x;
        if (i < walk.count) {
            places[turn] = placesOf(walk, i);
            taken[turn] = take(i, places[turn]);
        }
    }
#pragma unroll
    for (int turn = 0; turn < PER_THREAD; turn++) {
        long long i = first + turn * (long long)blockDim.x;
        if (i < walk.count) {
            give(i, places[turn], taken[turn]);
        }
    }
}

#endif
