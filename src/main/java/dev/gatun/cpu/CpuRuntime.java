package dev.gatun.cpu;

import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.layout.DType;

/**
 * What every family of CPU operations works with.
 *
 * @param f32 kernels for F32: vector or scalar
 * @param f64 kernels for F64: always scalar
 * @param pool the threads
 * @param memory the pool of blocks, for results and for scratch
 */
record CpuRuntime(Kernels f32, Kernels f64, WorkerPool pool, CpuMemory memory) {
    /** The kernels of an element type. */
    Kernels kernels(DType dtype) {
        return switch (dtype) {
            case F32 -> f32;
            case F64 -> f64;
            default ->
                throw new IllegalArgumentException("cpu: no kernels compute in " + dtype + "; convert to F32 first");
        };
    }

    /** Scratch of one operation, to be released at its end. */
    CpuStorage scratch(long bytes) {
        return memory.allocate(bytes);
    }
}
