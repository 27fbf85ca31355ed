package dev.gatun.benchmark;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;

/**
 * Times a step: it runs until it is compiled and steady, then in samples of several milliseconds each.
 *
 * @param warmUp seconds to run at least beforehand; half as long again at most, while the speed still changes
 * @param sampled seconds of samples at least
 */
record Stopwatch(double warmUp, double sampled) {
    private static final double SAMPLE = 5e-3;
    private static final double CHUNK = 0.1;
    private static final double STEADY = 0.02;
    private static final double LONGEST_WARM_UP = 1.5;
    private static final double LONGEST = 2;
    private static final int FEWEST = 5;
    private static final int SAMPLES = 11;
    private static final int COUNTED = 20;

    /** Seconds of one step, by sample in rising order, and the bytes that one allocates on the heap, in all threads. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Times(double[] seconds, double heapBytes) {
        double median() {
            int n = seconds.length;
            return (seconds[(n - 1) / 2] + seconds[n / 2]) / 2;
        }
    }

    Times time(Runnable step) {
        double one = warm(step);
        int steps = (int) Math.max(1, Math.ceil(SAMPLE / one));
        double[] seconds = new double[1 << 16];
        int count = 0;
        double total = 0;
        while (count < seconds.length && !enough(count, total)) {
            double sample = seconds(step, steps);
            seconds[count++] = sample / steps;
            total += sample;
        }
        double[] sorted = Arrays.copyOf(seconds, count);
        Arrays.sort(sorted);
        return new Times(sorted, heapBytes(step, Math.max(1, Math.min(COUNTED * steps, (int) (sampled / one)))));
    }

    private boolean enough(int count, double total) {
        return count >= SAMPLES ? total >= sampled : count >= FEWEST && total >= LONGEST;
    }

    /** Seconds of a step by the last chunks, once three of them agree. */
    private double warm(Runnable step) {
        double before = Double.POSITIVE_INFINITY;
        double last = Double.POSITIVE_INFINITY;
        double total = 0;
        int steps = 1;
        while (true) {
            double chunk = seconds(step, steps);
            total += chunk;
            double one = chunk / steps;
            double highest = Math.max(one, Math.max(last, before));
            double lowest = Math.min(one, Math.min(last, before));
            if (total >= warmUp && highest <= lowest * (1 + STEADY) || total >= LONGEST_WARM_UP * warmUp) {
                return one;
            }
            before = last;
            last = one;
            steps = (int) Math.max(1, Math.ceil(CHUNK / one));
        }
    }

    private static double seconds(Runnable step, int steps) {
        long start = System.nanoTime();
        for (int i = 0; i < steps; i++) {
            step.run();
        }
        return (System.nanoTime() - start) / 1e9;
    }

    private static double heapBytes(Runnable step, int steps) {
        var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getTotalThreadAllocatedBytes();
        seconds(step, steps);
        return (threads.getTotalThreadAllocatedBytes() - before) / (double) steps;
    }
}
