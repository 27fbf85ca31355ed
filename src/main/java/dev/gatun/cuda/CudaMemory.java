package dev.gatun.cuda;

import dev.gatun.backend.DeviceException;
import dev.gatun.backend.MemoryOps;
import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.pool.BlockPool;
import java.lang.foreign.MemorySegment;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A device's memory: blocks of a pool, reused in the order of the stream, so that a block may be given back while work that uses it is
 * still queued. Addresses on the device are computed here and nowhere else.
 */
final class CudaMemory implements MemoryOps, AutoCloseable {
    private final CudaRuntime runtime;
    private final Handles handles = new Handles();
    private final DeviceSlabs slabs;
    private final BlockPool<MemorySegment> blocks;
    private final Staging staging;
    private final DeviceFaults faults;

    CudaMemory(CudaRuntime runtime) {
        this.runtime = runtime;
        this.slabs = new DeviceSlabs(runtime);
        this.blocks = new BlockPool<>(slabs);
        handles.own(blocks::close);
        boolean made = false;
        try {
            this.staging = new Staging(runtime);
            handles.own(staging::close);
            this.faults = new DeviceFaults();
            handles.own(faults::close);
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    @Override
    public CudaStorage allocate(long bytes) {
        if (bytes < 0) {
            throw new IllegalArgumentException(runtime.name() + ": cannot allocate " + bytes + " bytes");
        }
        runtime.check();
        return new CudaStorage(this, blocks.take(bytes), bytes);
    }

    /** Memory outside the pool, for what a plan keeps between calls; it ends with the plan's handles. */
    MemorySegment reserve(long bytes, Handles owner) {
        MemorySegment block = slabs.allocate(bytes);
        if (block == null) {
            blocks.trim();
            block = slabs.allocate(bytes);
        }
        if (block == null) {
            throw slabs.exhausted(bytes, blocks.usage());
        }
        MemorySegment reserved = block;
        owner.own(() -> slabs.free(reserved));
        return reserved;
    }

    /** Makes what may be made again: where no memory is found for it, once more when all that is unused was given back. */
    <T> T make(Supplier<T> maker) {
        try {
            return maker.get();
        } catch (OutOfDeviceMemoryException first) {
            return again(first, maker);
        }
    }

    /** The same for work that may be queued again, because it reads nothing that it writes. */
    void repeatable(Runnable work) {
        try {
            work.run();
        } catch (OutOfDeviceMemoryException first) {
            again(first, () -> {
                work.run();
                return true;
            });
        }
    }

    private <T> T again(OutOfDeviceMemoryException first, Supplier<T> maker) {
        try {
            blocks.trim();
            return maker.get();
        } catch (DeviceException second) {
            second.addSuppressed(first);
            throw second;
        }
    }

    /** Takes back the block of a storage that nobody refers to any more. */
    void recycle(MemorySegment block, long bytes) {
        blocks.give(block, bytes);
    }

    /** Where kernels say what they found wrong with their data. */
    DeviceFaults faults() {
        return faults;
    }

    /** The address of a view's first element, as a segment of no bytes. */
    MemorySegment pointer(View view) {
        return pointer(view.storage(), view.byteOffset());
    }

    /** The address of a view's first element, or NULL. */
    MemorySegment pointerOrNull(@Nullable View view) {
        return view == null ? MemorySegment.NULL : pointer(view);
    }

    /** The address of a byte of a storage, as a segment of no bytes. */
    MemorySegment pointer(Storage storage, long byteOffset) {
        if (!(storage instanceof CudaStorage own) || own.memory() != this) {
            throw new IllegalStateException(runtime.name() + ": given a storage of another backend, "
                    + storage.getClass().getSimpleName());
        }
        if (!own.isAlive()) {
            throw new IllegalStateException(runtime.name() + ": given a storage whose last reference was released");
        }
        return MemorySegment.ofAddress(own.block().address() + byteOffset);
    }

    @Override
    public void write(MemorySegment source, Storage target, long byteOffset) {
        Objects.checkFromIndexSize(byteOffset, source.byteSize(), target.byteSize());
        staging.write(source, pointer(target, byteOffset));
    }

    @Override
    public void read(Storage source, long byteOffset, MemorySegment target) {
        Objects.checkFromIndexSize(byteOffset, target.byteSize(), source.byteSize());
        staging.read(pointer(source, byteOffset), target);
        faults.check();
    }

    @Override
    public Optional<MemorySegment> hostSegment(Storage storage) {
        return Optional.empty();
    }

    @Override
    public void copy(View source, View target) {
        runtime.copies().copy(source, target);
    }

    @Override
    public void fill(View target, double value) {
        runtime.copies().fill(target, value);
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
    public void synchronize() {
        runtime.synchronize();
    }

    /** Gives everything back to the system, also what is in use. */
    @Override
    public void close() {
        handles.close();
    }
}
