package dev.gatun.training;

import java.util.Map;
import java.util.OptionalDouble;

/**
 * What an epoch of training was.
 *
 * @param epoch from 1 on
 * @param epochs how many there will be at most
 * @param steps steps of the optimiser so far
 * @param loss mean over the epoch's examples, each as it was met
 * @param validationLoss mean over the validation's examples, after the epoch; empty without validation
 * @param metrics means over the validation's examples, by name
 * @param learningRate of the optimiser's first group, for the next step
 * @param samplesPerSecond over the steps of this epoch that ran since training was started or resumed
 */
public record EpochReport(
        int epoch,
        int epochs,
        long steps,
        double loss,
        OptionalDouble validationLoss,
        Map<String, Double> metrics,
        double learningRate,
        double samplesPerSecond) {
    /** What decides which epoch is best, less being better: the loss of the validation, or of training where there is none. */
    public double score() {
        return validationLoss.orElse(loss);
    }
}
