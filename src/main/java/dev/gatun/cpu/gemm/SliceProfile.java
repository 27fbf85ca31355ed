package dev.gatun.cpu.gemm;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Calls {@link MemorySegment#asSlice(long, long)} often enough for HotSpot to trust its counts, as a rule: it trusts a fifth of what
 * C2 waits for. A tile's long loop brings it to C2 after some hundred calls; where the counts of slicing are too young by then, C2
 * leaves the calls in the tile: each slice is an object on the heap, and the loop takes up to half as long again.
 */
final class SliceProfile {
    private static final int CALLS = 20_000;

    static {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment segment = arena.allocate(2);
            for (int i = 0; i < CALLS; i++) {
                segment.asSlice(i & 1, 1);
            }
        }
    }

    private SliceProfile() {}

    /** By this class's initialisation, hence once in a JVM. */
    static void ripen() {}
}
