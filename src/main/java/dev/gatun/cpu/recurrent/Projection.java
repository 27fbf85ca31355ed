package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.PackedMatrix;
import org.jspecify.annotations.Nullable;

/**
 * The input projection W x + b of one direction of one layer, taken step by step: what it writes the recurrent product and the gates
 * find in the caches.
 *
 * @param input packed; x
 * @param weights W_ihᵀ
 * @param bias b, a row for all, or null
 * @param gemm multiplies
 */
public record Projection(
        StepRows input, PackedMatrix weights, @Nullable StepRows bias, Gemm gemm) {
    /** Fills the gates of sequences {@code from} to {@code from + rows}. */
    void run(StepRows gates, int step, int from, int rows) {
        for (int sequence = from; bias != null && sequence < from + rows; sequence++) {
            bias.copyTo(gates, step, sequence, weights.n());
        }
        gemm.multiply(
                input.matrix(step, from, rows, 0, weights.k()),
                weights,
                bias != null,
                gates.matrix(step, from, rows, 0, weights.n()));
    }
}
