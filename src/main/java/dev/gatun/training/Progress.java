package dev.gatun.training;

import java.util.Map;

/** Where training stands, and what an epoch's report adds up; times are not part of it. */
final class Progress {
    private int epoch;
    private int batch;
    private double lossSum;
    private long examples;
    private long timedExamples;
    private long nanoseconds;

    /** Epochs that are behind. */
    int epoch() {
        return epoch;
    }

    /** Batches of the current epoch that are behind. */
    int batch() {
        return batch;
    }

    double meanLoss() {
        return lossSum / examples;
    }

    double examplesPerSecond() {
        return timedExamples / Math.max(nanoseconds * 1e-9, 1e-9);
    }

    void step(double loss, int size, long took) {
        batch++;
        lossSum += loss * size;
        examples += size;
        timedExamples += size;
        nanoseconds += took;
    }

    void nextEpoch() {
        epoch++;
        batch = 0;
        lossSum = 0;
        examples = 0;
        timedExamples = 0;
        nanoseconds = 0;
    }

    Map<String, String> state() {
        return Map.of(
                "epoch", Integer.toString(epoch),
                "batch", Integer.toString(batch),
                "lossSum", Double.toString(lossSum),
                "examples", Long.toString(examples));
    }

    void restore(Map<String, String> state) {
        epoch = Integer.parseInt(state.getOrDefault("epoch", ""));
        batch = Integer.parseInt(state.getOrDefault("batch", ""));
        lossSum = Double.parseDouble(state.getOrDefault("lossSum", ""));
        examples = Long.parseLong(state.getOrDefault("examples", ""));
    }
}
