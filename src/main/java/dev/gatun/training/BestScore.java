package dev.gatun.training;

import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The lowest score so far; NaN is never an improvement. */
final class BestScore {
    private final ToDoubleFunction<EpochReport> score;
    private final double leastImprovement;
    private double best = Double.POSITIVE_INFINITY;
    private int epochsSince;

    BestScore(ToDoubleFunction<EpochReport> score, double leastImprovement) {
        this.score = score;
        this.leastImprovement = leastImprovement;
    }

    boolean improves(EpochReport report) {
        double now = score.applyAsDouble(report);
        boolean better = now < best - leastImprovement;
        epochsSince = better ? 0 : epochsSince + 1;
        best = better ? now : best;
        return better;
    }

    double best() {
        return best;
    }

    int epochsSince() {
        return epochsSince;
    }

    Map<String, String> state() {
        return Map.of("best", Double.toString(best), "epochsSince", Integer.toString(epochsSince));
    }

    void restore(Map<String, String> state) {
        best = Double.parseDouble(state.getOrDefault("best", ""));
        epochsSince = Integer.parseInt(state.getOrDefault("epochsSince", ""));
    }
}
