package dev.gatun.cpu.kernel;

/** Functions of single elements over contiguous runs. */
public interface ElementwiseKernels {}
