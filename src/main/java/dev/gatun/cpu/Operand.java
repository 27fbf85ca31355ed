package dev.gatun.cpu;

import dev.gatun.backend.View;
import java.lang.foreign.MemorySegment;

/**
 * An input as kernels read it: contiguous runs. Where neighbours lie apart, or are one repeated element, a run is gathered into
 * scratch. Of one thread; closed when its walk is over.
 */
final class Operand implements AutoCloseable {
    private static final CpuStorage[] NONE = {};

    private final MemorySegment source;
    private final long stride;
    private final int byteSize;
    private final CpuStorage[] scratch;
    private final MemorySegment segment;
    private long offset;
    private long repeatedAt = -1;
    private int repeated;

    /** An input whose runs have a stride and are at most {@code longest} long. */
    Operand(CpuRuntime runtime, View view, long stride, int longest) {
        this.source = CpuStorage.readable(view);
        this.stride = stride;
        this.byteSize = view.dtype().byteSize();
        this.scratch = stride == 1 ? NONE : new CpuStorage[] {runtime.scratch((long) longest * byteSize)};
        this.segment = stride == 1 ? source : scratch[0].segment();
    }

    /** Makes the {@code n} elements from {@code start} on readable at {@link #offset}. */
    void moveTo(long start, int n) {
        if (stride == 1) {
            offset = start;
            return;
        }
        if (stride == 0 && repeatedAt == start && n <= repeated) {
            return;
        }
        Copy.copyRun(source, start, stride, segment, 0, 1, n, byteSize);
        repeatedAt = start;
        repeated = n;
    }

    /** What to read from. */
    MemorySegment segment() {
        return segment;
    }

    /** Where the present run starts in {@link #segment}, in elements. */
    long offset() {
        return offset;
    }

    @Override
    public void close() {
        for (CpuStorage each : scratch) {
            each.release();
        }
    }
}
