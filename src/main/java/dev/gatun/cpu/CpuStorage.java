package dev.gatun.cpu;

import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/** Bytes of the Java process outside the heap; the last release gives the block back to its pool. */
final class CpuStorage extends Storage {
    private final CpuMemory memory;
    private final MemorySegment block;
    private final MemorySegment segment;
    private volatile @Nullable PackedOperands packed;

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

    /**
     * The bytes under a view, checked to be alive and of this backend. What was packed of the storage is forgotten, since the caller
     * may write; who only reads may say so by {@link #readable}.
     */
    static MemorySegment segment(View view) {
        return segment(view.storage());
    }

    static MemorySegment segment(Storage storage) {
        CpuStorage cpu = of(storage);
        cpu.forgetPacked();
        return cpu.segment;
    }

    /** The bytes under a view, of which the caller writes none. */
    static MemorySegment readable(View view) {
        return of(view.storage()).segment;
    }

    static CpuStorage of(Storage storage) {
        if (!(storage instanceof CpuStorage cpu)) {
            throw new IllegalStateException("cpu: given a storage of another backend, "
                    + storage.getClass().getSimpleName());
        }
        if (!cpu.isAlive()) {
            throw new IllegalStateException("cpu: given a storage whose last reference was released");
        }
        return cpu;
    }

    /**
     * Ends a write to a storage that others may be reading. {@link #segment} forgot what was packed before the write; a product that
     * ran beside it may have packed half of it since.
     */
    static void written(View view) {
        written(view.storage());
    }

    static void written(Storage storage) {
        VarHandle.fullFence();
        of(storage).forgetPacked();
    }

    private void forgetPacked() {
        PackedOperands present = packed;
        if (present != null) {
            present.forget();
        }
    }

    /** What is kept packed of this storage. */
    PackedOperands packed() {
        PackedOperands present = packed;
        return present != null ? present : startPacked();
    }

    private synchronized PackedOperands startPacked() {
        PackedOperands present = packed;
        if (present == null) {
            present = new PackedOperands(byteSize());
            packed = present;
        }
        return present;
    }

    @Override
    protected void free() {
        forgetPacked();
        memory.recycle(block, byteSize());
    }
}
