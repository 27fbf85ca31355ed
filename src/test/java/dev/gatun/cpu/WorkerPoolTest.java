package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class WorkerPoolTest {
    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8})
    void everyTaskRunsOnceAndItsWritesAreVisible(int threads) {
        WorkerPool pool = new WorkerPool(threads);
        assertEquals(threads, pool.threads());
        for (int tasks : new int[] {0, 1, 2, 3, 7, 100, 5000}) {
            int[] runs = new int[tasks];
            pool.run(tasks, task -> runs[task]++);
            for (int task = 0; task < tasks; task++) {
                assertEquals(1, runs[task], "task " + task + " of " + tasks);
            }
        }
    }

    @Test
    void allThreadsWorkOnOneJob() {
        WorkerPool pool = new WorkerPool(3);
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        CyclicBarrier all = new CyclicBarrier(3);
        pool.run(3, task -> {
            seen.add(Thread.currentThread());
            meet(all);
        });
        assertEquals(3, seen.size());
        assertTrue(seen.contains(Thread.currentThread()));
    }

    private static void meet(CyclicBarrier all) {
        try {
            all.await(50, TimeUnit.SECONDS);
        } catch (InterruptedException | BrokenBarrierException | TimeoutException alone) {
            throw new IllegalStateException(alone);
        }
    }

    @Test
    void callsFromWithinATaskStayOnItsThread() {
        WorkerPool pool = new WorkerPool(3);
        AtomicInteger inner = new AtomicInteger();
        pool.run(6, task -> {
            Thread outer = Thread.currentThread();
            pool.run(10, nested -> {
                assertSame(outer, Thread.currentThread());
                inner.incrementAndGet();
            });
        });
        assertEquals(60, inner.get());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void firstFailureIsThrownAndThePoolGoesOn(int threads) {
        WorkerPool pool = new WorkerPool(threads);
        IllegalArgumentException failure = new IllegalArgumentException("task 3");
        AtomicInteger started = new AtomicInteger();
        for (int round = 0; round < 50; round++) {
            var thrown = assertThrows(
                    IllegalArgumentException.class,
                    () -> pool.run(100_000, task -> {
                        started.incrementAndGet();
                        if (task == 3) {
                            throw failure;
                        }
                    }));
            assertSame(failure, thrown);
        }
        assertTrue(started.get() < 50 * 100_000, "tasks after the failure were left out");
        AtomicInteger later = new AtomicInteger();
        pool.run(10, task -> later.incrementAndGet());
        assertEquals(10, later.get());
    }

    @Test
    void errorsAreThrownAsTheyAre() {
        WorkerPool pool = new WorkerPool(2);
        StackOverflowError failure = new StackOverflowError();
        assertSame(
                failure,
                assertThrows(
                        StackOverflowError.class,
                        () -> pool.run(2, task -> {
                            throw failure;
                        })));
    }

    @Test
    void callsAfterAFailedTaskAreSpreadAgain() {
        WorkerPool pool = new WorkerPool(2);
        assertThrows(
                IllegalStateException.class,
                () -> pool.run(2, task -> {
                    throw new IllegalStateException("failed");
                }));
        CyclicBarrier both = new CyclicBarrier(2);
        pool.run(2, task -> meet(both));
    }

    @Test
    void manyCallersShareThePool() throws InterruptedException {
        WorkerPool pool = new WorkerPool(3);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> callers = new ArrayList<>();
        for (int caller = 0; caller < 8; caller++) {
            callers.add(Thread.ofPlatform()
                    .uncaughtExceptionHandler((thread, thrown) -> failure.set(thrown))
                    .start(() -> {
                        for (int round = 0; round < 500; round++) {
                            long[] squares = new long[17];
                            pool.run(17, task -> squares[task] = (long) task * task);
                            long sum = 0;
                            for (long square : squares) {
                                sum += square;
                            }
                            assertEquals(1496, sum);
                        }
                    }));
        }
        for (Thread caller : callers) {
            caller.join();
        }
        assertEquals(null, failure.get());
    }

    @Test
    void aBusyPoolHoldsNoCallerUp() throws InterruptedException {
        WorkerPool pool = new WorkerPool(2);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch occupied = new CountDownLatch(2);
        Thread slow = Thread.ofPlatform()
                .start(() -> pool.run(2, task -> {
                    occupied.countDown();
                    awaitUninterrupted(release);
                }));
        occupied.await();
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        pool.run(5, task -> seen.add(Thread.currentThread()));
        assertEquals(Set.of(Thread.currentThread()), seen);
        release.countDown();
        slow.join();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException(interrupted);
        }
    }

    @Test
    void interruptsAreKeptForTheCaller() {
        WorkerPool pool = new WorkerPool(2);
        AtomicInteger done = new AtomicInteger();
        Thread.currentThread().interrupt();
        pool.run(1000, task -> done.incrementAndGet());
        assertTrue(Thread.interrupted());
        assertEquals(1000, done.get());
    }

    @Test
    void workersOutliveAnInterrupt() {
        WorkerPool pool = new WorkerPool(2);
        CyclicBarrier both = new CyclicBarrier(2);
        pool.run(2, task -> {
            meet(both);
            Thread.currentThread().interrupt();
        });
        assertTrue(Thread.interrupted());
        pool.run(2, task -> meet(both));
    }

    @Test
    void aPoolHasAThread() {
        var wrong = assertThrows(IllegalArgumentException.class, () -> new WorkerPool(0));
        assertEquals("gatun.threads: expected a positive number, was given 0", wrong.getMessage());
    }
}
