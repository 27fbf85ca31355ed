package dev.gatun.cpu;

import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import java.lang.foreign.MemorySegment;

/** Bytes of the Java process outside the heap; the last release gives the block back to its pool. */
final class CpuStorage extends Storage {
    private final CpuMemory memory;
    private final MemorySegment block;
    private final MemorySegment segment;

    CpuStorage(CpuMemory memory, MemorySegment block, long byteSize) {
        super(byteSize);
        this.memory = memory;
        this.block = block;
        this.segment = block.byteSize() == byteSize ? block : block.asSlice(0, byteSize);
    }

    /** The bytes of a live storage. */
    MemorySegment segment() {
        return segment;
    }

    /** The bytes under a view, checked to be alive and of this backend. */
    static MemorySegment segment(View view) {
        return segment(view.storage());
    }

    static MemorySegment segment(Storage storage) {
        if (!(storage instanceof CpuStorage cpu)) {
            throw new IllegalStateException("cpu: given a storage of another backend, "
                    + storage.getClass().getSimpleName());
        }
        if (!cpu.isAlive()) {
            throw new IllegalStateException("cpu: given a storage whose last reference was released");
        }
        return cpu.segment;
    }

    @Override
    protected void free() {
        memory.recycle(block, byteSize());
    }
}
