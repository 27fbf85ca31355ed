package dev.gatun.benchmark;

import dev.gatun.Device;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.nn.LSTM;
import java.time.Instant;
import java.util.Arrays;

/** A new process that runs a small LSTM (32 inputs, 64 hidden, one sequence of 20 steps) again and again. */
final class Start {
    private static final int CALLS = 1 << 20;
    private static final int WINDOW = 51;
    private static final double LONG_ENOUGH = 5;
    private static final double SHARE = 0.9;

    private Start() {}

    /** Prints the clock's time, in seconds, of the first output and of the end of the first calls at 90 % of the last calls' speed. */
    static void time() {
        long[] ends = new long[CALLS];
        int calls = 0;
        double first;
        long start;
        Device device = Device.cpu();
        try (var lstm = new LSTM(LSTM.config(32, 64), device);
                var _ = Scope.open()) {
            Tensor x = Tensor.randn(device, 1, 20, 32);
            run(lstm, x);
            Instant now = Instant.now();
            first = now.getEpochSecond() + now.getNano() / 1e9;
            start = System.nanoTime();
            while (calls < CALLS && System.nanoTime() - start < LONG_ENOUGH * 1e9) {
                run(lstm, x);
                ends[calls++] = System.nanoTime() - start;
            }
        }
        double[] took = new double[calls];
        for (int i = 0; i < calls; i++) {
            took[i] = ends[i] - (i == 0 ? 0 : ends[i - 1]);
        }
        double steady = median(took, calls - calls / 5, calls);
        int at = 0;
        while (median(took, at, at + WINDOW) > steady / SHARE) {
            at++;
        }
        System.out.println("{\"first\":%.6f,\"steady\":%.6f,\"call\":%.9f}"
                .formatted(first, first + ends[at] / 1e9, steady / 1e9));
    }

    private static void run(LSTM lstm, Tensor x) {
        try (var _ = Scope.open()) {
            lstm.forward(x);
        }
    }

    private static double median(double[] of, int from, int to) {
        double[] part = Arrays.copyOfRange(of, from, to);
        Arrays.sort(part);
        return part[part.length / 2];
    }
}
