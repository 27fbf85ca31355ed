package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Matrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The forward pass on one thread. A task is a group of query blocks of one head: the head's keys and values are packed once for
 * the group, and the scores of one block at a time live in scratch.
 */
final class AttentionForward implements IntConsumer {
    /** More tasks than threads, so that a late thread holds up little. */
    private static final int TASKS_PER_THREAD = 4;

    private final AttentionProblem problem;
    private final View y;
    private final @Nullable View weights;
    private final @Nullable View logSumExp;
    private final int groups;
    private final AttentionRows rows;
    private final Matrix scores;
    private final double[] inverseSums;
    private final AttentionPanels keyPanels;
    private final AttentionPanels valuePanels;

    private AttentionForward(
            AttentionProblem problem,
            View y,
            @Nullable View weights,
            @Nullable View logSumExp,
            int groups,
            SegmentAllocator scratch) {
        this.problem = problem;
        this.y = y;
        this.weights = weights;
        this.logSumExp = logSumExp;
        this.groups = groups;
        this.rows = new AttentionRows(problem, scratch);
        this.scores = problem.scores(problem.keys, scratch);
        this.inverseSums = new double[scores.rows()];
        this.keyPanels = new AttentionPanels(problem, problem.q.size(3), true, scratch);
        this.valuePanels = new AttentionPanels(problem, problem.v.size(3), false, scratch);
    }

    /** Runs the pass on the threads it is worth. */
    static void run(
            CpuRuntime runtime, AttentionProblem problem, View y, @Nullable View weights, @Nullable View logSumExp) {
        int threads = Math.min(problem.threads(2), runtime.pool().threads());
        int heads = problem.totalHeads();
        if (heads == 0 || problem.queries == 0) {
            return;
        }
        int groups = Math.min(Math.ceilDiv(TASKS_PER_THREAD * threads, heads), problem.queryBlocks());
        long bytes = AttentionRows.bytes(problem)
                + problem.scoreBytes(problem.keys)
                + AttentionPanels.bytes(problem, problem.q.size(3), true)
                + AttentionPanels.bytes(problem, problem.v.size(3), false);
        ScratchTasks.run(runtime, threads, heads * groups, bytes, scratch -> {
            return new AttentionForward(problem, y, weights, logSumExp, groups, scratch);
        });
    }

    @Override
    public void accept(int task) {
        int head = task / groups;
        int blocks = problem.queryBlocks();
        int first = (int) ((long) blocks * (task % groups) / groups);
        int end = (int) ((long) blocks * (task % groups + 1) / groups);
        int keyBlocks = problem.visibleKeyBlocks(problem.queryBlockEnd(end - 1) - 1);
        rows.start(head);
        keyPanels.load(problem.head(problem.k, head), keyBlocks, end - first);
        valuePanels.load(problem.head(problem.v, head), keyBlocks, end - first);
        Matrix queries = problem.head(problem.q, head);
        Matrix target = problem.head(y, head);
        for (int block = first; block < end; block++) {
            int from = block * problem.queryBlock;
            int to = problem.queryBlockEnd(block);
            attend(head, from, queries.rows(from, to), target.rows(from, to));
        }
    }

    /** Attends with some queries, the first of which is {@code from}. */
    private void attend(int head, int from, Matrix queries, Matrix target) {
        int keyBlocks = problem.visibleKeyBlocks(from + queries.rows() - 1);
        Matrix block = scores.rows(0, queries.rows());
        for (int c = 0; c < keyBlocks; c++) {
            keyPanels.multiply(queries, c, false, block.columns(c * problem.keyBlock, problem.keyBlockEnd(c)));
        }
        int computed = keyBlocks == 0 ? 0 : problem.keyBlockEnd(keyBlocks - 1);
        for (int r = 0; r < queries.rows(); r++) {
            inverseSums[r] = finishRow(head, from + r, r * scores.rowStride(), computed);
        }
        for (int c = 0; c < keyBlocks; c++) {
            Matrix probabilities = block.columns(c * problem.keyBlock, problem.keyBlockEnd(c));
            valuePanels.multiply(probabilities, c, c > 0, target);
        }
        if (keyBlocks == 0) {
            problem.zero(target);
        }
        for (int r = 0; r < queries.rows(); r++) {
            long at = target.offset() + r * target.rowStride();
            problem.kernels.multiply(target.segment(), at, target.columns(), inverseSums[r]);
        }
    }

    /**
     * Turns a row of scores, of which so many are computed, into what weighs the values, and writes what the caller asked for. What
     * is left to be done with the weighed values, which are fewer, is to multiply them by the result.
     */
    private double finishRow(int head, int query, long at, int computed) {
        MemorySegment s = scores.segment();
        int visible = problem.visibleKeys(query);
        double sum = rows.exponentials(s, at, query, visible, computed);
        double inverse = sum == 0 ? 0 : 1 / sum;
        if (logSumExp != null) {
            problem.set(logSumExp, (long) head * problem.queries + query, rows.logSumExp());
        }
        if (weights != null) {
            writeWeights(weights, head, query, at, computed, inverse);
        }
        rows.drop(s, at, query, 0, visible);
        return inverse;
    }

    private void writeWeights(View weights, int head, int query, long at, int computed, double inverse) {
        long size = problem.dtype.byteSize();
        long to = weights.layout().offset() + ((long) head * problem.queries + query) * problem.keys;
        MemorySegment target = CpuStorage.segment(weights);
        MemorySegment.copy(scores.segment(), at * size, target, to * size, computed * size);
        problem.kernels.multiply(target, to, computed, inverse);
        problem.kernels.fill(target, to + computed, problem.keys - computed, 0);
    }
}
