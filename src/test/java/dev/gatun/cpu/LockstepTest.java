package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class LockstepTest {
    /// Plain memory: each part adds up what all parts left in the round before.
    @ParameterizedTest
    @CsvSource({"1, 1", "1, 4", "2, 2", "3, 3", "3, 2", "7, 7", "4, 9"})
    void everyRoundSeesTheOneBefore(int threads, int parts) {
        assertRounds(new WorkerPool(threads), parts, 2000);
    }

    private static void assertRounds(WorkerPool pool, int parts, int rounds) {
        assertRounds(pool, parts, rounds, (round, part) -> {});
    }

    private static void assertRounds(WorkerPool pool, int parts, int rounds, Lockstep.Task before) {
        int[][] sums = new int[2][parts];
        int[] runs = new int[parts];
        Lockstep.run(pool, parts, rounds, (round, part) -> {
            before.run(round, part);
            int sum = 1;
            for (int each : sums[round % 2]) {
                sum += each;
            }
            sums[1 - round % 2][part] = sum;
            runs[part]++;
        });
        int expected = 0;
        for (int round = 0; round < rounds; round++) {
            expected = expected * parts + 1;
        }
        for (int part = 0; part < parts; part++) {
            assertEquals(expected, sums[rounds % 2][part], "part " + part);
            assertEquals(rounds, runs[part], "part " + part);
        }
    }

    @Test
    void nothingHappensInNoRounds() {
        assertRounds(new WorkerPool(2), 2, 0);
    }

    @Test
    void threadsTakePartsOver() {
        WorkerPool pool = new WorkerPool(2);
        Set<Thread> seen = ConcurrentHashMap.newKeySet();
        IllegalStateException both = new IllegalStateException("both are there");
        var end = assertThrows(
                IllegalStateException.class,
                () -> Lockstep.run(pool, 2, Integer.MAX_VALUE - 1, (round, part) -> {
                    seen.add(Thread.currentThread());
                    if (seen.size() == 2) {
                        throw both;
                    }
                }));
        assertSame(both, end);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3})
    void aThreadThatKeepsOthersWaitingIsLeftBehind(int parts) {
        Thread[] threads = new Thread[parts];
        assertRounds(new WorkerPool(parts), parts, 200_000, (round, part) -> {
            threads[part] = Thread.currentThread();
            if (part == 1 && round % 1000 == 0 && !Thread.currentThread().equals(threads[0])) {
                LockSupport.parkNanos(20_000_000);
            }
        });
        for (Thread each : threads) {
            assertSame(threads[0], each);
        }
    }

    @Test
    void aBusyPoolHoldsNobodyUp() throws InterruptedException {
        WorkerPool pool = new WorkerPool(2);
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch occupied = new CountDownLatch(2);
        Thread slow = Thread.ofPlatform()
                .start(() -> pool.run(2, task -> {
                    occupied.countDown();
                    awaitUninterrupted(release);
                }));
        occupied.await();
        assertRounds(pool, 2, 100);
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

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2})
    void aFailureEndsAllAndIsThrown(int failing) {
        WorkerPool pool = new WorkerPool(3);
        for (int time = 0; time < 50; time++) {
            IllegalStateException failure = new IllegalStateException("part " + failing);
            AtomicInteger last = new AtomicInteger();
            var thrown = assertThrows(
                    IllegalStateException.class,
                    () -> Lockstep.run(pool, 3, 1000, (round, part) -> {
                        last.accumulateAndGet(round, Math::max);
                        if (part == failing && round == 500) {
                            throw failure;
                        }
                    }));
            assertSame(failure, thrown);
            assertEquals(500, last.get());
        }
        assertRounds(pool, 3, 100);
    }

    @Test
    void runsOnItsThreadWithinATask() {
        WorkerPool pool = new WorkerPool(3);
        pool.run(4, task -> {
            Thread outer = Thread.currentThread();
            Lockstep.run(pool, 3, 10, (round, part) -> assertSame(outer, Thread.currentThread()));
        });
    }

    @Test
    void anInterruptedCallerGoesOn() {
        Thread.currentThread().interrupt();
        assertRounds(new WorkerPool(2), 2, 1000);
        assertTrue(Thread.interrupted());
    }

    @Test
    void manyCallersShareThePool() throws InterruptedException {
        WorkerPool pool = new WorkerPool(3);
        AtomicReference<Throwable> failure = new AtomicReference<>();
        List<Thread> callers = new ArrayList<>();
        for (int caller = 0; caller < 4; caller++) {
            callers.add(Thread.ofPlatform()
                    .uncaughtExceptionHandler((thread, thrown) -> failure.set(thrown))
                    .start(() -> {
                        for (int time = 0; time < 20; time++) {
                            assertRounds(pool, 3, 50);
                        }
                    }));
        }
        for (Thread caller : callers) {
            caller.join();
        }
        assertEquals(null, failure.get());
    }
}
