package dev.gatun.cpu;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Rounds of parts: a round begins when all parts of the one before are done. The leader, who runs part 0, runs every part that nobody
 * has taken over; who comes late takes one over at the leader's next round. Where others keep the leader waiting, it goes on alone.
 * Hence nobody waits for a thread that is busy elsewhere, or for long for one that has no processor.
 */
final class Lockstep {
    /** One part of one round. */
    @FunctionalInterface
    interface Task {
        void run(int round, int part);
    }

    /**
     * Nanoseconds for which a thread looks for the others before it offers its processor to somebody else: longer than most rounds.
     * One that has none to itself offers it at once.
     */
    private static final long SPIN = 50_000;

    /** Between the numbers of two parts, so that each has lines of the cache of its own. */
    private static final int APART = 32;

    private static final int NEVER = Integer.MAX_VALUE;

    private final int parts;
    private final int rounds;
    private final Task task;
    private final boolean spins;
    private final AtomicIntegerArray wanted;
    private final AtomicIntegerArray taken;
    private final AtomicIntegerArray done;
    private final long begun = System.nanoTime();
    private volatile int alone = NEVER;
    private volatile boolean failed;

    private Lockstep(WorkerPool pool, int parts, int rounds, Task task) {
        this.parts = parts;
        this.rounds = rounds;
        this.task = task;
        this.spins = pool.spins();
        this.wanted = new AtomicIntegerArray(parts * APART);
        this.taken = new AtomicIntegerArray(parts * APART);
        this.done = new AtomicIntegerArray(parts * APART);
        for (int part = 1; part < parts; part++) {
            taken.set(part * APART, NEVER);
        }
    }

    /** Runs all parts of all rounds on the pool's threads, and returns when they are done; the first exception ends them. */
    static void run(WorkerPool pool, int parts, int rounds, Task task) {
        Lockstep lockstep = new Lockstep(pool, parts, rounds, task);
        pool.run(parts, lockstep::take);
    }

    /** Whoever runs this for part 0 is the leader: a pool begins with that one. */
    private void take(int part) {
        try {
            if (part == 0) {
                lead();
            } else {
                follow(part);
            }
        } catch (Throwable thrown) {
            failed = true;
            throw thrown;
        }
    }

    private void lead() {
        for (int round = 0; round <= rounds; round++) {
            for (int part = 1; part < parts; part++) {
                boolean isWanted = alone == NEVER && wanted.getAcquire(part * APART) > 0;
                if (taken.getPlain(part * APART) == NEVER && (isWanted || round == rounds)) {
                    taken.setRelease(part * APART, round);
                }
            }
            if (!await(0, round) || round == rounds) {
                return;
            }
            boolean isAlone = round >= alone;
            for (int part = 0; part < parts; part++) {
                if (part == 0 || isAlone || taken.getPlain(part * APART) > round) {
                    task.run(round, part);
                }
            }
            done.setRelease(0, round + 1);
        }
    }

    private void follow(int part) {
        int at = part * APART;
        wanted.setRelease(at, 1);
        long since = System.nanoTime();
        while (taken.getAcquire(at) == NEVER) {
            // A leader who goes on alone takes in nobody after that, but may have just before.
            if (failed || alone != NEVER && taken.getAcquire(at) == NEVER) {
                return;
            }
            waited(since);
        }
        for (int round = taken.getAcquire(at); round < rounds && await(part, round); round++) {
            if (round >= alone) {
                return;
            }
            task.run(round, part);
            done.setRelease(at, round + 1);
        }
    }

    /** Waits for the round before: for the leader, and for those who had parts in it. False if one failed. */
    private boolean await(int own, int round) {
        for (int part = 0; part < parts; part++) {
            int at = part * APART;
            boolean matters = part != own && taken.getAcquire(at) < round && (part == 0 || round <= alone);
            if (!matters || done.getAcquire(at) >= round) {
                continue;
            }
            long since = System.nanoTime();
            while (done.getAcquire(at) < round) {
                if (failed) {
                    return false;
                }
                if (waited(since) > SPIN && own == 0 && alone == NEVER && isTooLong(since, round)) {
                    // Others read this after the leader's next round, and leave: it begins where they are through with
                    // this one.
                    alone = round + 1;
                }
            }
        }
        return !failed;
    }

    /** Whether a leader has waited for longer than two of the rounds before took. */
    private boolean isTooLong(long since, int round) {
        return System.nanoTime() - since > 2 * (since - begun) / Math.max(1, round);
    }

    /** Nanoseconds since then; a thread that has waited long has offered its processor to somebody else. */
    @SuppressWarnings("ThreadPriorityCheck") // speed alone depends on it
    private long waited(long since) {
        long nanos = System.nanoTime() - since;
        if (!spins || nanos > SPIN) {
            Thread.yield();
        }
        return nanos;
    }
}
