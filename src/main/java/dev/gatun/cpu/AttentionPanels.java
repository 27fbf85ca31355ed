package dev.gatun.cpu;

import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import org.jspecify.annotations.Nullable;

/**
 * The keys or the values of one head as right operands of products, cut into key blocks, which are packed where they serve more
 * than one product: [keys, size] cut by rows, or its transpose cut by columns.
 */
final class AttentionPanels {
    private final AttentionProblem problem;
    private final boolean transposed;
    private final MemorySegment scratch;
    private final long blockBytes;
    private final @Nullable PackedMatrix[] packed;
    private @Nullable Matrix operand;

    /** Panels of matrices [keys, size], over scratch of {@link #bytes}. */
    AttentionPanels(AttentionProblem problem, int size, boolean transposed, SegmentAllocator scratch) {
        this.problem = problem;
        this.transposed = transposed;
        this.blockBytes = blockBytes(problem, size, transposed);
        this.scratch = scratch.allocate(bytes(problem, size, transposed), 64);
        this.packed = new PackedMatrix[problem.keyBlocks()];
    }

    /** Scratch that the panels of matrices [keys, size] take. */
    static long bytes(AttentionProblem problem, int size, boolean transposed) {
        return blockBytes(problem, size, transposed) * problem.keyBlocks();
    }

    private static long blockBytes(AttentionProblem problem, int size, boolean transposed) {
        int keys = Math.min(problem.keyBlock, problem.keys);
        Gemm gemm = problem.gemm;
        return transposed ? gemm.packedBytes(size, keys) : gemm.packedBytes(keys, size);
    }

    /** Takes up a head's matrix [keys, size], of which the first blocks are going to be used, by so many products each. */
    void load(Matrix matrix, int blocks, int products) {
        operand = matrix;
        for (int block = 0; block < blocks; block++) {
            packed[block] = products == 1
                    ? null
                    : problem.gemm.pack(part(matrix, block), scratch.asSlice(block * blockBytes, blockBytes));
        }
    }

    /** c = a · block, or c += a · block. */
    void multiply(Matrix a, int block, boolean accumulate, Matrix c) {
        PackedMatrix panel = packed[block];
        if (panel != null) {
            problem.gemm.multiply(a, panel, accumulate, c);
        } else if (operand != null) {
            problem.gemm.multiply(a, part(operand, block), accumulate, c);
        }
    }

    private Matrix part(Matrix matrix, int block) {
        Matrix rows = matrix.rows(block * problem.keyBlock, problem.keyBlockEnd(block));
        return transposed ? rows.transposed() : rows;
    }
}
