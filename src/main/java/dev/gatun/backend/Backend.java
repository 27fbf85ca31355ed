package dev.gatun.backend;

import java.util.List;

/** A device that computes: the sum of its families of operations. Thread-safe. */
public interface Backend {
    /** The kind of device: {@code cpu}, {@code cuda}. */
    String name();

    /** What was chosen and why, for people: kernels, threads, library versions. */
    String description();

    /**
     * How products of F32 numbers are computed. A backend that would not be faster for rounding factors computes them exactly whatever it
     * is allowed, as this method does, which is the CPU's.
     */
    default Precision precision() {
        return Precision.F32;
    }

    /**
     * Allows products of F32 to be computed so in what is called from now on; {@link Precision#F32} at first. Not between the two passes of
     * one operation.
     */
    default void allow(Precision precision) {}

    /** Which way calls went for which there are several, and why not the fastest: the last ones that differ, the latest last. */
    default List<Explanation> explanations() {
        return List.of();
    }

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
