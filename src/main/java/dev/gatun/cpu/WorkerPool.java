package dev.gatun.cpu;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;

/**
 * Threads that share a job's tasks with the thread that brings it. Which thread runs a task never changes its result, so the
 * number of threads changes speed alone. The size is the property {@code gatun.threads}, by default the number of processors.
 */
final class WorkerPool {
    /** Nanoseconds that a thread looks for work, or waits for the others, before it sleeps: to wake one takes about as long. */
    private static final long SPIN = 100_000;

    private static final ThreadLocal<Boolean> INSIDE_TASK = ThreadLocal.withInitial(() -> false);

    private final int threads;
    private final boolean spins;
    private final LinkedTransferQueue<Job> queue = new LinkedTransferQueue<>();

    WorkerPool(int threads) {
        if (threads < 1) {
            throw new IllegalArgumentException("gatun.threads: expected a positive number, was given " + threads);
        }
        this.threads = threads;
        this.spins = threads <= Runtime.getRuntime().availableProcessors();
        for (int i = 1; i < threads; i++) {
            Thread.ofPlatform().name("gatun-worker-" + i).daemon().start(this::serve);
        }
    }

    /** Threads that work on a job, the caller's among them. */
    int threads() {
        return threads;
    }

    /** Whether every thread has a processor to itself, so that one may wait for another without sleeping. */
    boolean spins() {
        return spins;
    }

    /**
     * Runs task 0 to tasks − 1, each once, and returns when all are done; writes of the tasks are visible then. A call from
     * within a task runs on that task's thread. The first exception of a task is thrown.
     */
    void run(int tasks, IntConsumer task) {
        if (tasks <= 1 || threads == 1 || INSIDE_TASK.get()) {
            for (int i = 0; i < tasks; i++) {
                task.accept(i);
            }
            return;
        }
        int helpers = Math.min(threads, tasks) - 1;
        Job job = new Job(tasks, task, helpers);
        for (int i = 0; i < helpers; i++) {
            queue.add(job);
        }
        job.work();
        while (queue.remove(job)) {
            job.finished.countDown();
        }
        spinUntil(job::isFinished);
        job.await();
    }

    private void serve() {
        while (true) {
            try {
                spinUntil(() -> !queue.isEmpty());
                Job job = queue.take();
                job.work();
                job.finished.countDown();
            } catch (InterruptedException left) {
                // A task left its thread interrupted; take has cleared that, and the next job needs this thread.
            }
        }
    }

    /** Waits a little without sleeping, where every thread has a processor to itself; a pause instruction makes hypervisors take it away. */
    private void spinUntil(BooleanSupplier reached) {
        long start = System.nanoTime();
        boolean waiting = spins;
        while (waiting && !reached.getAsBoolean()) {
            waiting = System.nanoTime() - start < SPIN;
        }
    }

    private static final class Job {
        final int tasks;
        final IntConsumer task;
        final AtomicInteger next = new AtomicInteger();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final CountDownLatch finished;

        Job(int tasks, IntConsumer task, int helpers) {
            this.tasks = tasks;
            this.task = task;
            this.finished = new CountDownLatch(helpers);
        }

        void work() {
            INSIDE_TASK.set(true);
            try {
                for (int i = next.getAndIncrement(); i < tasks; i = next.getAndIncrement()) {
                    task.accept(i);
                }
            } catch (Throwable thrown) {
                failure.compareAndSet(null, thrown);
                next.set(tasks);
            } finally {
                INSIDE_TASK.set(false);
            }
        }

        boolean isFinished() {
            return finished.getCount() == 0;
        }

        /** Waits for the workers and passes on a failure. */
        void await() {
            boolean interrupted = false;
            while (true) {
                try {
                    finished.await();
                    break;
                } catch (InterruptedException later) {
                    interrupted = true;
                }
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
            switch (failure.get()) {
                case null -> {}
                case RuntimeException thrown -> throw thrown;
                case Error thrown -> throw thrown;
                case Throwable thrown -> throw new IllegalStateException(thrown);
            }
        }
    }
}
