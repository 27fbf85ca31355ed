package dev.gatun.training;

/**
 * What a step of training was.
 *
 * @param epoch from 1 on
 * @param batch which batch of the epoch it was, from 1 on
 * @param batches batches in the epoch
 * @param step steps of the optimiser so far
 * @param samples examples in the batch
 * @param loss before the step
 * @param gradientNorm √Σ g² over all parameters, before clipping
 * @param learningRate of the optimiser's first group
 * @param samplesPerSecond over the steps of this epoch that ran since training was started or resumed
 */
public record StepReport(
        int epoch,
        int batch,
        int batches,
        long step,
        int samples,
        double loss,
        double gradientNorm,
        double learningRate,
        double samplesPerSecond) {}
