package dev.gatun.backend;

/**
 * What cross entropy does beside −log p(target).
 *
 * @param ignoredTarget rows with this target count nothing and have no gradient
 * @param labelSmoothing ε of Szegedy et al. 2016: the target distribution is (1 − ε) one-hot + ε / classes
 */
public record CrossEntropyRule(long ignoredTarget, double labelSmoothing) {}
