package dev.gatun.pool;

import dev.gatun.backend.MemoryUsage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Blocks of memory in size classes, recycled. Small blocks are carved from slabs, large ones come from the source one by one, because
 * asking the system for each tensor would cost more than the tensor. Thread-safe.
 *
 * @param <B> a piece of memory
 */
public final class BlockPool<B> implements AutoCloseable {
    private static final long ALIGNMENT = 64;
    private static final long SLAB_BYTES = 1 << 20;
    private static final long LARGEST_CARVED = SLAB_BYTES / 8;

    private final BlockSource<B> source;
    private final Map<Long, Deque<B>> free = new HashMap<>();
    private final Set<B> wholes = new HashSet<>();
    private @Nullable B slab;
    private long slabUsed;
    private long inUse;
    private long pooled;
    private long peak;
    private long systemAllocations;
    private boolean closed;

    /** An empty pool. */
    public BlockPool(BlockSource<B> source) {
        this.source = source;
    }

    /** A block of at least so many bytes, 64-byte aligned, contents undefined. */
    public synchronized B take(long bytes) {
        long size = sizeClass(bytes);
        Deque<B> ready = free.get(size);
        B block = ready == null ? null : ready.pollFirst();
        if (block == null) {
            block = size <= LARGEST_CARVED ? carve(size) : fromSystem(size);
        } else {
            pooled -= size;
        }
        inUse += size;
        peak = Math.max(peak, inUse);
        return block;
    }

    /** Takes back a block that {@link #take} gave for so many bytes. */
    public synchronized void give(B block, long bytes) {
        long size = sizeClass(bytes);
        inUse -= size;
        if (!closed) {
            pooled += size;
            free.computeIfAbsent(size, key -> new ArrayDeque<>()).addFirst(block);
        }
    }

    /** Gives unused large blocks back to the system; slabs of small blocks stay. */
    public synchronized void trim() {
        List<B> unused = new ArrayList<>();
        free.forEach((size, blocks) -> {
            if (size > LARGEST_CARVED) {
                pooled -= size * blocks.size();
                unused.addAll(blocks);
                blocks.clear();
            }
        });
        free(unused);
    }

    /** Tries to free all; the first failure is thrown when all were tried. */
    private void free(List<B> unused) {
        RuntimeException first = null;
        for (B whole : unused) {
            wholes.remove(whole);
            try {
                source.free(whole);
            } catch (RuntimeException failure) {
                first = first == null ? failure : first;
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** Gives everything back to the system, blocks still in use too, whatever fails. */
    @Override
    public synchronized void close() {
        closed = true;
        free.clear();
        slab = null;
        pooled = 0;
        free(List.copyOf(wholes));
    }

    /** What is in use and pooled now. */
    public synchronized MemoryUsage usage() {
        return new MemoryUsage(inUse, pooled, peak, systemAllocations);
    }

    /** Quarters of powers of two, in whole alignments: at most a fifth is wasted beyond the smallest classes. */
    static long sizeClass(long bytes) {
        long needed = Math.max(bytes, 1);
        long quarter = Math.max(Long.highestOneBit(needed - 1) >> 2, ALIGNMENT);
        return Math.addExact(needed, quarter - 1) / quarter * quarter;
    }

    private B carve(long size) {
        B current = slab;
        if (current == null || SLAB_BYTES - slabUsed < size) {
            current = fromSystem(SLAB_BYTES);
            slab = current;
            slabUsed = 0;
        }
        B block = source.part(current, slabUsed, size);
        slabUsed += size;
        return block;
    }

    /** Where the system has nothing left, what nobody uses goes back to it, and it is asked once more. */
    private B fromSystem(long size) {
        systemAllocations++;
        B whole = source.allocate(size);
        if (whole == null) {
            trim();
            whole = source.allocate(size);
        }
        if (whole == null) {
            throw source.exhausted(size, usage());
        }
        wholes.add(whole);
        return whole;
    }
}
