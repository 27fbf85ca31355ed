package dev.gatun.pool;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.MemoryUsage;
import dev.gatun.backend.OutOfDeviceMemoryException;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class BlockPoolTest {
    private static final long MIB = 1 << 20;

    /** Counts bytes up to a limit; a block is its first byte's number. */
    private static final class Numbers implements BlockSource<Long> {
        final Set<Long> live = new HashSet<>();
        long limit = 8 * MIB;
        long next;
        int refusals;

        @Override
        public @Nullable Long allocate(long bytes) {
            if (bytes > limit) {
                refusals++;
                return null;
            }
            limit -= bytes;
            long block = next;
            next += 100 * MIB;
            live.add(block);
            return block;
        }

        @Override
        public Long part(Long whole, long offset, long bytes) {
            return whole + offset;
        }

        @Override
        public void free(Long whole) {
            assertTrue(live.remove(whole));
            limit += 4 * MIB;
        }

        @Override
        public OutOfDeviceMemoryException exhausted(long bytes, MemoryUsage usage) {
            return new OutOfDeviceMemoryException(bytes + " asked, " + usage.inUse() + " in use");
        }
    }

    @Test
    void blocksReturnToTheirClass() {
        BlockPool<Long> pool = new BlockPool<>(new Numbers());
        Long first = pool.take(100);
        assertNotEquals(first, pool.take(100));
        pool.give(first, 100);
        assertEquals(first, pool.take(128));
        assertEquals(new MemoryUsage(256, 0, 256, 1), pool.usage());
    }

    @Test
    void classesAreCountedWithoutGaps() {
        long before = 0;
        for (int number = 0; number < 200; number++) {
            long size = BlockPool.sizeOf(number);
            assertEquals(size, BlockPool.sizeClass(before + 1), "smallest of class " + number);
            assertEquals(size, BlockPool.sizeClass(size), "largest of class " + number);
            assertEquals(number, BlockPool.classNumber(size));
            before = size;
        }
    }

    @Test
    void trimsAndAsksOnceMore() {
        Numbers numbers = new Numbers();
        BlockPool<Long> pool = new BlockPool<>(numbers);
        Long first = pool.take(4 * MIB);
        Long second = pool.take(4 * MIB);
        pool.give(first, 4 * MIB);
        assertEquals(200 * MIB, pool.take(3 * MIB));
        assertEquals(1, numbers.refusals);
        var refused = assertThrows(OutOfDeviceMemoryException.class, () -> pool.take(5 * MIB));
        assertEquals(5 * MIB + " asked, " + 7 * MIB + " in use", refused.getMessage());
        pool.give(second, 4 * MIB);
        assertEquals(new MemoryUsage(3 * MIB, 4 * MIB, 8 * MIB, 4), pool.usage());
    }
}
