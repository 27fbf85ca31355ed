package dev.gatun.cuda;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;

/** Things of NVIDIA's libraries that were opened and must be closed, in reverse order. */
final class Handles implements AutoCloseable {
    private final Deque<Runnable> ends = new ArrayDeque<>();

    /** A handle that a call writes into the slot it is given, and what ends it. */
    MemorySegment open(Consumer<MemorySegment> creation, Consumer<MemorySegment> end) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment slot = arena.allocate(ValueLayout.ADDRESS);
            creation.accept(slot);
            MemorySegment handle = slot.get(ValueLayout.ADDRESS, 0);
            ends.push(() -> end.accept(handle));
            return handle;
        }
    }

    /** Something else to close. */
    void own(Runnable end) {
        ends.push(end);
    }

    /** Closes everything, whatever fails; the first failure is thrown when all was tried. */
    @Override
    public void close() {
        RuntimeException first = null;
        while (!ends.isEmpty()) {
            try {
                ends.pop().run();
            } catch (RuntimeException failure) {
                if (first == null) {
                    first = failure;
                } else {
                    first.addSuppressed(failure);
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }
}
