package dev.gatun.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.function.IntConsumer;

/** Tasks that need scratch: one piece for each thread at work, whatever the number of tasks, taken before any of them starts. */
final class ScratchTasks {
    private ScratchTasks() {}

    /**
     * Runs task 0 to tasks − 1, each once, on at most {@code threads} threads, and returns when all are done.
     *
     * @param bytes scratch of one thread, a multiple of 64
     * @param worker makes what runs a thread's tasks, one after the other, from that thread's scratch
     */
    static void run(
            CpuRuntime runtime, int threads, int tasks, long bytes, Function<SegmentAllocator, IntConsumer> worker) {
        int slots = Math.min(Math.min(threads, runtime.pool().threads()), tasks);
        if (slots == 0) {
            return;
        }
        CpuStorage scratch = runtime.scratch(Math.multiplyExact(bytes, slots));
        try {
            AtomicInteger next = new AtomicInteger();
            runtime.pool().run(slots, slot -> {
                MemorySegment own = scratch.segment().asSlice(slot * bytes, bytes);
                IntConsumer work = worker.apply(SegmentAllocator.slicingAllocator(own));
                for (int task = next.getAndIncrement(); task < tasks; task = next.getAndIncrement()) {
                    work.accept(task);
                }
            });
        } finally {
            scratch.release();
        }
    }
}
