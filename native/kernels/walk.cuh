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

/// The number of a thread's element of that turn.
__device__ static inline long long elementOf(int turn) {
    return ((long long)blockIdx.x * PER_THREAD + turn) * blockDim.x + threadIdx.x;
}

#endif
