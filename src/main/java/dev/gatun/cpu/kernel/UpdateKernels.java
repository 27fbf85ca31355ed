package dev.gatun.cpu.kernel;

/** Optimiser steps over contiguous runs of a parameter, its gradient and its state. */
public interface UpdateKernels {}
