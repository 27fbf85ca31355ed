package dev.gatun.cpu;

/** Work on items in order, cut into ranges whose borders do not depend on the threads that take them up. */
final class Ranges {
    /** Elements of one task: some microseconds of work. */
    static final int ELEMENTS = 1 << 15;

    private Ranges() {}

    /** What is done with items {@code from} (inclusive) to {@code to} (exclusive). */
    interface Body {
        void run(long from, long to);
    }

    /** Works on {@code count} items, {@code grain} at a time. */
    static void run(WorkerPool pool, long count, long grain, Body body) {
        int tasks = Math.toIntExact((count + grain - 1) / grain);
        pool.run(tasks, task -> {
            long from = task * grain;
            body.run(from, Math.min(from + grain, count));
        });
    }

    /** How many items of so many elements each are worth a task. */
    static long grain(long elementsOfAnItem) {
        return Math.max(ELEMENTS / Math.max(elementsOfAnItem, 1), 1);
    }
}
