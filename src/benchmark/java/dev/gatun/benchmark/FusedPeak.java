package dev.gatun.benchmark;

import java.util.Arrays;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * What the processor gives at most: single-precision fused multiply-adds that touch no memory, in twelve chains, enough to hide the latency
 * of two units. In operations a second, a multiply-add counting as two.
 */
final class FusedPeak {
    private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
    private static final int CHAINS = 12;
    private static final int TURNS = 200_000;
    private static final int ROUNDS = 60;

    /** Keeps what is computed from being left out. */
    static volatile float sink;

    private FusedPeak() {}

    /** Bits of a vector. */
    static int vectorBits() {
        return SPECIES.vectorBitSize();
    }

    /** The sum over threads that all work at once, of the best round. */
    static double measure(int threads) throws InterruptedException {
        double[][] rates = new double[threads][ROUNDS];
        CyclicBarrier barrier = new CyclicBarrier(threads);
        Thread[] workers = new Thread[threads];
        for (int i = 0; i < threads; i++) {
            double[] own = rates[i];
            workers[i] = Thread.ofPlatform().start(() -> work(barrier, own));
        }
        for (Thread worker : workers) {
            worker.join();
        }
        double best = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int at = round;
            best = Math.max(
                    best, Arrays.stream(rates).mapToDouble(each -> each[at]).sum());
        }
        return best;
    }

    private static void work(CyclicBarrier barrier, double[] rates) {
        for (int round = 0; round < rates.length; round++) {
            try {
                barrier.await();
            } catch (InterruptedException | BrokenBarrierException problem) {
                throw new IllegalStateException("another thread failed", problem);
            }
            long start = System.nanoTime();
            sink = turn(TURNS);
            rates[round] = 2.0 * CHAINS * SPECIES.length() * TURNS / ((System.nanoTime() - start) / 1e9);
        }
    }

    private static float turn(int turns) {
        FloatVector x = FloatVector.broadcast(SPECIES, 0.5f);
        FloatVector a = x, b = x, c = x, d = x, e = x, f = x, g = x, h = x, i = x, j = x, k = x, l = x;
        for (int turn = 0; turn < turns; turn++) {
            a = x.fma(x, a);
            b = x.fma(x, b);
            c = x.fma(x, c);
            d = x.fma(x, d);
            e = x.fma(x, e);
            f = x.fma(x, f);
            g = x.fma(x, g);
            h = x.fma(x, h);
            i = x.fma(x, i);
            j = x.fma(x, j);
            k = x.fma(x, k);
            l = x.fma(x, l);
        }
        return a.add(b)
                .add(c)
                .add(d)
                .add(e)
                .add(f)
                .add(g)
                .add(h)
                .add(i)
                .add(j)
                .add(k)
                .add(l)
                .lane(0);
    }
}
