package dev.gatun.cpu.kernel;

/**
 * Functions of single elements over contiguous runs: a segment and, beside it, the place of its run's first element. An output may
 * be the same run as an input. What an element becomes does not depend on where in a run it stands.
 */
public interface ElementwiseKernels extends UnaryKernels, ArithmeticKernels, LossKernels {}
