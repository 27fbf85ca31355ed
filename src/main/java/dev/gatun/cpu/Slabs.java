package dev.gatun.cpu;

import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.OutOfDeviceMemoryException;
import dev.gatun.pool.BlockSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Off-heap memory of the process, each piece in a shared arena of its own: worker threads read it, and opening one per tensor would be slow. */
final class Slabs implements BlockSource<MemorySegment> {
    private static final long ALIGNMENT = 64;

    private final Map<Long, Arena> arenas = new ConcurrentHashMap<>();

    @Override
    public @Nullable MemorySegment allocate(long bytes) {
        Arena arena = Arena.ofShared();
        try {
            MemorySegment whole = arena.allocate(bytes, ALIGNMENT);
            arenas.put(whole.address(), arena);
            return whole;
        } catch (OutOfMemoryError refused) {
            arena.close();
            return null;
        }
    }

    @Override
    public MemorySegment part(MemorySegment whole, long offset, long bytes) {
        return whole.asSlice(offset, bytes);
    }

    @Override
    public void free(MemorySegment whole) {
        arenas.remove(whole.address()).close();
    }

    @Override
    public OutOfDeviceMemoryException exhausted(long bytes, MemoryUsage usage) {
        return new OutOfDeviceMemoryException("cpu: the system refused " + bytes + " bytes; " + usage.inUse()
                + " are in use and " + usage.pooled() + " pooled");
    }
}
