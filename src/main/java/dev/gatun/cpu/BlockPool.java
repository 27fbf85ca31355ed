package dev.gatun.cpu;

import dev.gatun.backend.MemoryUsage;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;

/**
 * Off-heap blocks in size classes, recycled. Small blocks are carved from slabs, large ones are slabs of their own; a slab lives in
 * a shared arena, because opening one per tensor would cost more than the tensor. Thread-safe.
 */
final class BlockPool {
    private static final long ALIGNMENT = 64;
    private static final long SLAB_BYTES = 1 << 20;
    private static final long LARGEST_CARVED = SLAB_BYTES / 8;

    private final Map<Long, Deque<MemorySegment>> free = new HashMap<>();
    private final Map<Long, Arena> largeArenas = new HashMap<>();
    private MemorySegment slab = MemorySegment.NULL;
    private long slabUsed;
    private long inUse;
    private long pooled;
    private long peak;
    private long systemAllocations;

    /** A block of at least so many bytes, 64-byte aligned, contents undefined. */
    synchronized MemorySegment take(long bytes) {
        long size = sizeClass(bytes);
        Deque<MemorySegment> ready = free.get(size);
        MemorySegment block = ready == null ? null : ready.pollFirst();
        if (block == null) {
            block = size <= LARGEST_CARVED ? carve(size) : large(size);
        } else {
            pooled -= size;
        }
        inUse += size;
        peak = Math.max(peak, inUse);
        return block;
    }

    /** Takes back a block that {@link #take} gave. */
    synchronized void give(MemorySegment block) {
        inUse -= block.byteSize();
        pooled += block.byteSize();
        free.computeIfAbsent(block.byteSize(), size -> new ArrayDeque<>()).addFirst(block);
    }

    /** Gives unused large blocks back to the system; slabs of small blocks stay. */
    synchronized void trim() {
        for (Deque<MemorySegment> blocks : free.values()) {
            for (Iterator<MemorySegment> each = blocks.iterator(); each.hasNext(); ) {
                MemorySegment block = each.next();
                Arena arena = largeArenas.remove(block.address());
                if (arena != null) {
                    each.remove();
                    pooled -= block.byteSize();
                    arena.close();
                }
            }
        }
    }

    synchronized MemoryUsage usage() {
        return new MemoryUsage(inUse, pooled, peak, systemAllocations);
    }

    /** Quarters of powers of two, in whole alignments: at most a fifth is wasted beyond the smallest classes. */
    static long sizeClass(long bytes) {
        long needed = Math.max(bytes, 1);
        long quarter = Math.max(Long.highestOneBit(needed - 1) >> 2, ALIGNMENT);
        return Math.addExact(needed, quarter - 1) / quarter * quarter;
    }

    private MemorySegment carve(long size) {
        if (slab.byteSize() - slabUsed < size) {
            slab = fromSystem(SLAB_BYTES, Arena.ofShared());
            slabUsed = 0;
        }
        MemorySegment block = slab.asSlice(slabUsed, size);
        slabUsed += size;
        return block;
    }

    private MemorySegment large(long size) {
        Arena arena = Arena.ofShared();
        MemorySegment block = fromSystem(size, arena);
        largeArenas.put(block.address(), arena);
        return block;
    }

    private MemorySegment fromSystem(long size, Arena arena) {
        systemAllocations++;
        try {
            return arena.allocate(size, ALIGNMENT);
        } catch (OutOfMemoryError error) {
            arena.close();
            String problem =
                    "cpu: the system refused " + size + " bytes; " + inUse + " are in use and " + pooled + " pooled";
            throw (OutOfMemoryError) new OutOfMemoryError(problem).initCause(error);
        }
    }
}
