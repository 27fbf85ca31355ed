package dev.gatun.cpu.kernel;

/** Gates of recurrent cells, forward and backward, over one row of a batch. */
public interface CellKernels {}
