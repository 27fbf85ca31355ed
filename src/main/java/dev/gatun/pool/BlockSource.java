package dev.gatun.pool;

import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.OutOfDeviceMemoryException;
import org.jspecify.annotations.Nullable;

/**
 * Where a {@link BlockPool} gets its memory.
 *
 * @param <B> a piece of memory
 */
public interface BlockSource<B> {
    /** New memory from the system, 64-byte aligned; null where the system has none left. */
    @Nullable
    B allocate(long bytes);

    /** A part of what {@link #allocate} gave. */
    B part(B whole, long offset, long bytes);

    /** Gives back what {@link #allocate} gave. */
    void free(B whole);

    /** What to throw where there is no memory even after {@link BlockPool#trim}. */
    OutOfDeviceMemoryException exhausted(long bytes, MemoryUsage usage);
}
