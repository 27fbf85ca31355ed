package dev.gatun.backend;

/** A device that computes: the sum of its families of operations. Thread-safe. */
public interface Backend {
    /** The kind of device: {@code cpu}, {@code cuda}. */
    String name();

    /** What was chosen and why, for people: kernels, threads, library versions. */
    String description();

    /** Allocation, transfer and copies. */
    MemoryOps memory();

    /** Functions of single elements. */
    ElementwiseOps elementwise();

    /** Reductions and softmax. */
    ReductionOps reduction();

    /** Matrix products. */
    MatrixOps matrix();

    /** Rows chosen by index. */
    IndexOps index();

    /** Layer normalisation. */
    NormalizationOps normalization();

    /** Losses. */
    LossOps loss();

    /** Random numbers and dropout. */
    RandomOps random();

    /** Recurrent stacks. */
    RecurrentOps recurrent();

    /** Scaled dot-product attention. */
    AttentionOps attention();

    /** Optimiser steps. */
    OptimizerOps optimizer();
}
