package dev.gatun.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Off-heap memory of a thread for its kernels. In its room goes what remains of a run after its whole vectors: it is copied there, goes
 * through the same code as one vector more, and is copied back; what lies beyond it is left over from before.
 */
final class Scratch {
    /** Numbers in a block. */
    static final int BLOCK = 1024;

    private static final int SLOTS = 4;
    private static final int LANES = 16;
    private static final ThreadLocal<Scratch> OF_THREAD = ThreadLocal.withInitial(Scratch::new);

    private final MemorySegment room = Arena.ofAuto().allocate(SLOTS * LANES * Float.BYTES, 64);
    private final MemorySegment block = Arena.ofAuto().allocate(BLOCK * Float.BYTES, 64);

    private Scratch() {}

    static Scratch ofThread() {
        return OF_THREAD.get();
    }

    /** Where the slots are. */
    MemorySegment room() {
        return room;
    }

    /** Room for {@link #BLOCK} numbers between two passes of one kernel. */
    MemorySegment block() {
        return block;
    }

    /** Copies n numbers into a slot and says where it starts. */
    long take(int slot, MemorySegment from, long at, int n) {
        long start = (long) slot * LANES;
        for (int i = 0; i < n; i++) {
            room.setAtIndex(JAVA_INT, start + i, from.getAtIndex(JAVA_INT, at + i));
        }
        return start;
    }

    /** Copies n truth values into a slot and says where it starts, in bytes. */
    long takeBool(int slot, MemorySegment from, long at, int n) {
        long start = (long) slot * LANES * Float.BYTES;
        for (int i = 0; i < n; i++) {
            room.set(JAVA_BYTE, start + i, from.get(JAVA_BYTE, at + i));
        }
        return start;
    }

    /** Copies n numbers out of slot 0. */
    void give(MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i++) {
            to.setAtIndex(JAVA_INT, at + i, room.getAtIndex(JAVA_INT, i));
        }
    }

    /** Copies n truth values out of slot 0. */
    void giveBool(MemorySegment to, long at, int n) {
        for (int i = 0; i < n; i++) {
            to.set(JAVA_BYTE, at + i, room.get(JAVA_BYTE, i));
        }
    }
}
