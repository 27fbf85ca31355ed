package dev.gatun.cpu;

import dev.gatun.backend.MemoryOps;
import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.pool.BlockPool;
import dev.gatun.pool.BlockSource;
import java.lang.foreign.MemorySegment;
import java.util.Optional;

/** Memory of the CPU backend: storages are blocks of a {@link BlockPool}, and everything is done when a method returns. */
final class CpuMemory implements MemoryOps {
    private final BlockPool<MemorySegment> blocks;

    CpuMemory() {
        this(new Slabs());
    }

    CpuMemory(BlockSource<MemorySegment> source) {
        this.blocks = new BlockPool<>(source);
    }

    @Override
    public CpuStorage allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException("cpu: cannot allocate " + bytes + " bytes");
        }
        return new CpuStorage(this, blocks.take(bytes), bytes);
    }

    /** Takes back the block of a storage that nobody refers to any more. */
    void recycle(MemorySegment block, long bytes) {
        blocks.give(block, bytes);
    }

    @Override
    public void write(MemorySegment source, Storage target, long byteOffset) {
        MemorySegment.copy(source, 0, CpuStorage.segment(target), byteOffset, source.byteSize());
        CpuStorage.written(target);
    }

    @Override
    public void read(Storage source, long byteOffset, MemorySegment target) {
        MemorySegment.copy(CpuStorage.of(source).segment(), byteOffset, target, 0, target.byteSize());
    }

    @Override
    public Optional<MemorySegment> hostSegment(Storage storage) {
        return Optional.of(CpuStorage.of(storage).segment().asReadOnly());
    }

    @Override
    public void copy(View source, View target) {
        Copy.copy(source, target);
        CpuStorage.written(target);
    }

    @Override
    public void fill(View target, double value) {
        Copy.fill(target, value);
        CpuStorage.written(target);
    }

    @Override
    public MemoryUsage usage() {
        return blocks.usage();
    }

    @Override
    public void trim() {
        blocks.trim();
    }

    @Override
    public void synchronize() {}
}
