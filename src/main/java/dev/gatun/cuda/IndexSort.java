package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;

/**
 * Sorts indices so that equal ones stay in their order: a radix sort by digits of 8 bits, from the last to the first that a table of so
 * many rows needs. Each pass counts the digits in parts of the indices, adds the counts up, and moves.
 */
final class IndexSort {
    private static final String FAMILY = "index";

    /** As {@code index.cu} has them: bits of a digit, threads of a block that counts or moves and of the one that adds up. */
    private static final int DIGIT_BITS = 8;

    private static final int LANES = 32;
    private static final int SCANNING_THREADS = 256;
    private static final int ENTRY_BYTES = 8;

    private static final int FEWEST_OF_PART = 1024;
    private static final int MOST_PARTS = 1024;

    private final int count;
    private final int passes;
    private final int part;
    private final int parts;

    /** Of so many indices into a table of so many rows. */
    IndexSort(int count, int rows) {
        this.count = count;
        this.passes = Math.max(1, Math.ceilDiv(Integer.SIZE - Integer.numberOfLeadingZeros(rows - 1), DIGIT_BITS));
        int even = Math.ceilDiv(count, MOST_PARTS);
        this.part = Math.max(FEWEST_OF_PART, Math.ceilDiv(even, LANES) * LANES);
        this.parts = Math.ceilDiv(count, part);
    }

    /** Scratch: the entries twice, before and after a pass, and the counts. */
    long bytes() {
        return 2L * count * ENTRY_BYTES + counts() * Integer.BYTES;
    }

    private long counts() {
        return (long) parts << DIGIT_BITS;
    }

    /** Queues it, and returns where in the scratch the sorted entries will be, in bytes; the device is held. */
    long queue(CudaRuntime runtime, View indices, CudaStorage scratch) {
        CudaMemory memory = runtime.memory();
        call(runtime, "sortStart")
                .pointer(indices)
                .int32(CudaIndex.isWide(indices))
                .int32(count)
                .pointer(memory.pointer(scratch, 0))
                .overThreads(count);
        long from = 0;
        long to = (long) count * ENTRY_BYTES;
        long counted = 2 * to;
        for (int pass = 0; pass < passes; pass++) {
            call(runtime, "sortCount")
                    .pointer(memory.pointer(scratch, from))
                    .int32(count)
                    .int32(part)
                    .int32(pass * DIGIT_BITS)
                    .pointer(memory.pointer(scratch, counted))
                    .launch(parts, 1, LANES, 1);
            call(runtime, "sortScan")
                    .pointer(memory.pointer(scratch, counted))
                    .int32((int) counts())
                    .launch(1, 1, SCANNING_THREADS, 1);
            call(runtime, "sortMove")
                    .pointer(memory.pointer(scratch, from))
                    .int32(count)
                    .int32(part)
                    .int32(pass * DIGIT_BITS)
                    .pointer(memory.pointer(scratch, counted))
                    .pointer(memory.pointer(scratch, to))
                    .launch(parts, 1, LANES, 1);
            long sorted = to;
            to = from;
            from = sorted;
        }
        return from;
    }

    private static KernelCall call(CudaRuntime runtime, String kernel) {
        return runtime.kernels().call(FAMILY, DType.F32, kernel);
    }
}
