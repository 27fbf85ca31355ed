package dev.gatun.pool;

import dev.gatun.backend.MemoryUsage;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
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
    private final List<Deque<B>> free = new ArrayList<>();
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
        B block = ready(size).pollFirst();
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
            ready(size).addFirst(block);
        }
    }

    /** Gives unused large blocks back to the system; slabs of small blocks stay. */
    public synchronized void trim() {
        List<B> unused = new ArrayList<>();
        for (int number = classNumber(LARGEST_CARVED) + 1; number < free.size(); number++) {
            Deque<B> blocks = free.get(number);
            pooled -= sizeOf(number) * blocks.size();
            unused.addAll(blocks);
            blocks.clear();
        }
        free(unused);
    }

    /** The blocks of a size class that nobody uses. */
    private Deque<B> ready(long size) {
        int number = classNumber(size);
        while (free.size() <= number) {
            free.add(new ArrayDeque<>());
        }
        return free.get(number);
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

    /** Size classes counted from 0: four up to 256 bytes, and four for each power of two from there on. */
    static int classNumber(long size) {
        int power = 63 - Long.numberOfLeadingZeros(Math.max(size - 1, ALIGNMENT));
        return power < 8 ? (int) (size / ALIGNMENT) - 1 : 4 * (power - 7) + (int) (size >> (power - 2)) - 5;
    }

    /** The size of a class by its number. */
    static long sizeOf(int number) {
        return number < 4 ? (number + 1) * ALIGNMENT : (number % 4 + 5L) << (number / 4 + 5);
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
