package dev.gatun.cuda;

import dev.gatun.backend.Storage;
import java.lang.foreign.MemorySegment;

/** Bytes on a device; the last release gives the block back to its pool, for work that is queued later. */
final class CudaStorage extends Storage {
    private final CudaMemory memory;
    private final MemorySegment block;

    CudaStorage(CudaMemory memory, MemorySegment block, long byteSize) {
        super(byteSize);
        this.memory = memory;
        this.block = block;
    }

    /** Whose memory this is. */
    CudaMemory memory() {
        return memory;
    }

    /** The first byte's address, as a segment of no bytes: Java cannot touch it. */
    MemorySegment block() {
        return block;
    }

    @Override
    protected void free() {
        memory.recycle(block, byteSize());
    }
}
