package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.dim3;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** A call of a kernel in the making: its arguments, in their order, and how many threads run it. One object serves every call of a device. */
final class KernelCall {
    /** What all architectures take. */
    private static final int MOST_BYTES = 4096;

    private static final int MOST_ARGUMENTS = 32;
    private static final int ALIGNMENT = 8;

    /** Threads of a block where nothing speaks for another number, and elements of each where it is so in {@code walk.cuh}. */
    private static final int THREADS = 256;

    private static final int ELEMENTS_PER_THREAD = 4;
    private static final int WARP = 32;
    private static final int ROWS_OF_WARPS = 4;

    private final CudaRuntime runtime;
    private final MemorySegment values;
    private final MemorySegment pointers;
    private final MemorySegment grid;
    private final MemorySegment block;
    private String name = "";
    private MemorySegment function = MemorySegment.NULL;
    private DType dtype = DType.F32;
    private long next;
    private int count;

    KernelCall(CudaRuntime runtime, Arena arena) {
        this.runtime = runtime;
        this.values = arena.allocate(MOST_BYTES, ALIGNMENT);
        this.pointers = arena.allocate(ADDRESS, MOST_ARGUMENTS);
        this.grid = dim3.allocate(arena);
        this.block = dim3.allocate(arena);
    }

    KernelCall begin(String kernel, MemorySegment kernelFunction, DType computedIn) {
        name = kernel;
        function = kernelFunction;
        dtype = computedIn;
        next = 0;
        count = 0;
        return this;
    }

    /** An {@code int} or {@code unsigned}. */
    KernelCall int32(int value) {
        values.set(JAVA_INT, place(Integer.BYTES), value);
        return this;
    }

    /** Which constant of an enum: kernels list them in the same order. */
    @SuppressWarnings("EnumOrdinal") // nothing else is both short and checked: every constant has its conformance test
    KernelCall constant(Enum<?> value) {
        return int32(value.ordinal());
    }

    /** A {@code long long}. */
    KernelCall int64(long value) {
        values.set(JAVA_LONG, place(Long.BYTES), value);
        return this;
    }

    /** A {@code double}. */
    KernelCall float64(double value) {
        values.set(JAVA_DOUBLE, place(Double.BYTES), value);
        return this;
    }

    /** A {@code Scalar}: a number of the type that the kernel computes in. */
    KernelCall scalar(double value) {
        if (dtype == DType.F64) {
            values.set(JAVA_DOUBLE, place(Double.BYTES), value);
        } else {
            values.set(JAVA_FLOAT, place(Float.BYTES), (float) value);
        }
        return this;
    }

    /** The address of a view's first element, or a null pointer. */
    KernelCall pointer(@Nullable View view) {
        return pointer(runtime.memory().pointerOrNull(view));
    }

    /** An address. */
    KernelCall pointer(MemorySegment address) {
        values.set(ADDRESS, place(Long.BYTES), address);
        return this;
    }

    /** How operands are walked. */
    KernelCall walk(CudaWalk walk) {
        walk.write(struct(CudaWalk.BYTES));
        return this;
    }

    /** A struct of so many bytes, for the caller to fill in before anything else is done. */
    MemorySegment struct(long bytes) {
        return values.asSlice(place(bytes), bytes);
    }

    private long place(long bytes) {
        long at = (next + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
        pointers.setAtIndex(ADDRESS, count++, values.asSlice(at, bytes));
        next = at + bytes;
        return at;
    }

    /** Queues it for so many elements, a few for each thread; there must be one. */
    void overElements(long elements) {
        int threads = WARP;
        while (threads < THREADS && (long) threads * ELEMENTS_PER_THREAD < elements) {
            threads *= 2;
        }
        launch(Math.ceilDiv(elements, (long) threads * ELEMENTS_PER_THREAD), 1, threads, 1);
    }

    /** Queues it for so many threads; there must be one. */
    void overThreads(long needed) {
        overThreads(needed, 1);
    }

    /** The same over again for each chunk. */
    void overThreads(long needed, long chunks) {
        int threads = WARP;
        while (threads < THREADS && threads < needed) {
            threads *= 2;
        }
        launch(Math.ceilDiv(needed, threads), chunks, threads, 1);
    }

    /** Queues it for so many rows of threads, each for a row of {@code length} elements; there must be one. */
    void overRows(long rows, long length) {
        overRows(rows, length, 1);
    }

    /** The same over again for each chunk. */
    void overRows(long rows, long length, long chunks) {
        int width = rowWidth(length);
        int height = width > WARP ? 1 : (int) Math.min(ROWS_OF_WARPS, rows);
        launch(Math.ceilDiv(rows, height), chunks, width, height);
    }

    /** Threads for a row, by its length alone, so that the order of its sums is too. */
    private static int rowWidth(long length) {
        return length <= 8 * WARP ? WARP : length <= 1024 ? 4 * WARP : length <= 8192 ? 8 * WARP : 16 * WARP;
    }

    /** Queues it: so many blocks along both axes, of so many threads along both. */
    void launch(long gridX, long gridY, int blockX, int blockY) {
        dim3.x(grid, Math.toIntExact(gridX));
        dim3.y(grid, Math.toIntExact(gridY));
        dim3.z(grid, 1);
        dim3.x(block, blockX);
        dim3.y(block, blockY);
        dim3.z(block, 1);
        runtime.memory()
                .repeatable(() -> CudaStatus.runtime(
                        "cudaLaunchKernel of " + name,
                        Cudart.cudaLaunchKernel(function, grid, block, pointers, 0, runtime.stream())));
    }
}
