package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudart;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Host memory that the device reads and writes by itself, under one address for both. */
final class PinnedBuffer implements AutoCloseable {
    private final MemorySegment segment;

    /** Zeroed bytes. */
    @SuppressWarnings("restricted") // memory of just this size, ours until close()
    PinnedBuffer(long bytes) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment slot = arena.allocate(ValueLayout.ADDRESS);
            CudaStatus.runtime("cudaHostAlloc", Cudart.cudaHostAlloc(slot, bytes, Cudart.cudaHostAllocMapped()));
            segment = slot.get(ValueLayout.ADDRESS, 0).reinterpret(bytes).fill((byte) 0);
        }
    }

    MemorySegment segment() {
        return segment;
    }

    @Override
    public void close() {
        CudaStatus.runtime("cudaFreeHost", Cudart.cudaFreeHost(segment));
    }
}
