package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;

/**
 * What kernels found wrong with their data: a record in pinned memory, {@code {int operation; int unused; long long index; long long
 * bound; long long place;}}, into which the first kernel that finds an index out of range writes. Whoever waits for the device looks
 * into it.
 */
final class DeviceFaults implements AutoCloseable {
    private static final long BYTES = 32;

    /** Who complains. A kernel is given {@link #code}. */
    enum Operation {
        GATHER(1, "gather: index %d at place %d does not fit a table of %d rows"),
        SCATTER_ADD(2, "scatterAdd: index %d at place %d does not fit a table of %d rows"),
        CROSS_ENTROPY(3, "crossEntropy: target %d of row %d is none of %d classes");

        private final int code;
        private final String message;

        /** A message names the index, its place among the indices, and the bound. */
        Operation(int code, String message) {
            this.code = code;
            this.message = message;
        }

        /** The number by which kernels know it; 0 is none. */
        int code() {
            return code;
        }
    }

    private final PinnedBuffer buffer = new PinnedBuffer(BYTES);

    /** Where kernels write. */
    MemorySegment pointer() {
        return buffer.segment();
    }

    /** Throws what kernels found since the last look; to be called when the device has been waited for. */
    synchronized void check() {
        MemorySegment fault = buffer.segment();
        int code = fault.get(JAVA_INT, 0);
        if (code == 0) {
            return;
        }
        fault.set(JAVA_INT, 0, 0);
        Operation operation = Arrays.stream(Operation.values())
                .filter(each -> each.code() == code)
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("cuda: a kernel reported an unknown fault, " + code));
        throw new IndexOutOfBoundsException(String.format(
                Locale.ROOT,
                operation.message,
                fault.get(JAVA_LONG, Long.BYTES),
                fault.get(JAVA_LONG, 3 * Long.BYTES),
                fault.get(JAVA_LONG, 2 * Long.BYTES)));
    }

    @Override
    public void close() {
        buffer.close();
    }
}
