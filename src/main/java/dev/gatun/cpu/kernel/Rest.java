package dev.gatun.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Room for what remains of a run after its whole vectors: it is copied here, goes through the same code as one vector more, and is
 * copied back. One for each thread; what lies beyond the remainder is left over from before.
 */
final class Rest {
    private static final int SLOTS = 4;
    private static final int LANES = 16;
    private static final ThreadLocal<Rest> OF_THREAD = ThreadLocal.withInitial(Rest::new);

    private final MemorySegment segment = Arena.ofAuto().allocate(SLOTS * LANES * Float.BYTES, 64);

    private Rest() {}

    static Rest ofThread() {
        return OF_THREAD.get();
    }

    MemorySegment segment() {
        return segment;
    }

    /** Copies n numbers into a slot and says where it starts. */
    long take(int slot, MemorySegment from, long at, int n) {
        long start = (long) slot * LANES;
        for (int i = 0; i < n; i++) {
            segment.setAtIndex(JAVA_INT, start + i, from.getAtIndex(JAVA_INT, at + i));
        }
        return start;
    }

    /** Copies n truth values into a slot and says where it starts, in bytes. */
    long takeBool(int slot, MemorySegment from, long at, int n) {
        long start = (long) slot * LANES * Float.BYTES;
        for (int i = 0; i < n; i++) {
            segment.set(JAVA_BYTE, start + i, from.get(JAVA_BYTE, at + i));
        }
        return start;
    }

    /** Copies n numbers out of slot 0. */
    void give(MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i++) {
            to.setAtIndex(JAVA_INT, at + i, segment.getAtIndex(JAVA_INT, i));
        }
    }

    /** Copies n truth values out of slot 0. */
    void giveBool(MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i++) {
            to.set(JAVA_BYTE, at + i, segment.get(JAVA_BYTE, i));
        }
    }
}
