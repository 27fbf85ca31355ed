package dev.gatun.cpu;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import dev.gatun.cpu.recurrent.Product;

/**
 * Products with blocks of columns side by side, from left to right and then from right to left: where they do not fit into a cache
 * together, it still holds those that were read last. One thread at a time.
 */
final class AlternatingProduct implements Product {
    private final Gemm gemm;
    private final PackedMatrix[] blocks;
    private boolean isBackwards;

    AlternatingProduct(Gemm gemm, PackedMatrix[] blocks) {
        this.gemm = gemm;
        this.blocks = blocks;
    }

    @Override
    public void multiply(Matrix a, boolean accumulate, Matrix c) {
        for (int i = 0; i < blocks.length; i++) {
            int block = isBackwards ? blocks.length - 1 - i : i;
            int from = block * blocks[0].n();
            gemm.multiply(a, blocks[block], accumulate, c.columns(from, from + blocks[block].n()));
        }
        isBackwards = !isBackwards;
    }
}
