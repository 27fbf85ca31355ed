package dev.gatun.cpu.kernel;

/** Functions of whole rows: reductions, softmax, normalisation, losses. */
public interface RowKernels {}
