// What a shared object of compiled kernels and the stand-in tell each other. Included by both, so without other headers.
#pragma once

namespace standin::kernel {

/// Laid out as CUDA's uint3 and dim3.
struct Three {
    unsigned x, y, z;
};

/// What a thread can ask for while it runs. Waiting lets the other threads of its block go on.
struct Services {
    /// Waits for all threads of the block; the sum of their values.
    int (*barrier)(const char *file, int line, int value);
    /// Waits for the lanes of a mask in the same place. For a shuffle, the value of a lane; for a vote, the lanes whose value is not 0.
    unsigned long long (*meet)(int kind, unsigned mask, const char *file, int line, unsigned long long value, int lane);
    /// Ends the kernel with a breach.
    void (*fail)(const char *file, int line, const char *what);
};

enum Meeting { synchronization, shuffle, vote };

struct Argument {
    unsigned long bytes;
    bool pointer;
};

struct Kernel {
    const char *name;
    void (*run)(void **arguments);
    int count;
    const Argument *arguments;
};

struct Module {
    const Kernel *kernels;
    int count;
    Three *thread, *block, *block_size, *grid_size;
    const Services **services;
    char *shared_begin, *shared_end;  // static shared memory of all kernels
    char *dynamic;
};

constexpr unsigned long dynamic_bytes = 227 << 10;
constexpr unsigned long dynamic_guard = 64;

}  // namespace standin::kernel
