package dev.gatun.cpu;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The backward pass on one thread. A task is a head, so that dk and dv are summed over query blocks in one order whatever the
 * threads. Probabilities are computed again from ln Σ exp, a query block against a key block at a time (Dao et al. 2022).
 */
final class AttentionBackward implements IntConsumer {
    /** What the pass reads beside the problem. */
    record Upstream(
            View y, View logSumExp, View dy, @Nullable View dweights) {}

    /** What the pass writes. */
    record Result(View dq, View dk, View dv) {}

    private final AttentionProblem problem;
    private final Upstream upstream;
    private final Result result;
    private final AttentionRows rows;
    private final Matrix p;
    private final Matrix dp;
    private final double[] means;
    private final AttentionPanels keysTransposed;
    private final AttentionPanels valuesTransposed;
    private final AttentionPanels keys;
    private final MemorySegment queryPanel;
    private final MemorySegment gradientPanel;

    private AttentionBackward(AttentionProblem problem, Upstream upstream, Result result, SegmentAllocator scratch) {
        this.problem = problem;
        this.upstream = upstream;
        this.result = result;
        int headSize = problem.q.size(3);
        int valueSize = problem.v.size(3);
        this.rows = new AttentionRows(problem, scratch);
        this.p = problem.scores(blockKeys(problem), scratch);
        this.dp = problem.scores(blockKeys(problem), scratch);
        this.means = new double[p.rows()];
        this.keysTransposed = new AttentionPanels(problem, headSize, true, scratch);
        this.valuesTransposed = new AttentionPanels(problem, valueSize, true, scratch);
        this.keys = new AttentionPanels(problem, headSize, false, scratch);
        this.queryPanel = scratch.allocate(problem.gemm.packedBytes(p.rows(), headSize), 64);
        this.gradientPanel = scratch.allocate(problem.gemm.packedBytes(p.rows(), valueSize), 64);
    }

    /** Runs the pass on the threads it is worth. */
    static void run(CpuRuntime runtime, AttentionProblem problem, Upstream upstream, Result result) {
        int headSize = problem.q.size(3);
        int valueSize = problem.v.size(3);
        int blockRows = Math.min(problem.queryBlock, problem.queries);
        long bytes = AttentionRows.bytes(problem)
                + 2 * problem.scoreBytes(blockKeys(problem))
                + AttentionPanels.bytes(problem, headSize, true)
                + AttentionPanels.bytes(problem, valueSize, true)
                + AttentionPanels.bytes(problem, headSize, false)
                + problem.gemm.packedBytes(blockRows, headSize)
                + problem.gemm.packedBytes(blockRows, valueSize);
        ScratchTasks.run(runtime, problem.threads(5), problem.totalHeads(), bytes, scratch -> {
            return new AttentionBackward(problem, upstream, result, scratch);
        });
    }

    private static int blockKeys(AttentionProblem problem) {
        return Math.min(problem.keyBlock, problem.keys);
    }

    @Override
    public void accept(int head) {
        int blocks = problem.queryBlocks();
        int keyBlocks = blocks == 0 ? 0 : problem.visibleKeyBlocks(problem.queries - 1);
        rows.start(head);
        keysTransposed.load(problem.head(problem.k, head), keyBlocks, blocks);
        valuesTransposed.load(problem.head(problem.v, head), keyBlocks, blocks);
        keys.load(problem.head(problem.k, head), keyBlocks, blocks);
        int seen = keyBlocks == 0 ? 0 : problem.keyBlockEnd(keyBlocks - 1);
        problem.zero(problem.head(result.dk(), head).rows(seen, problem.keys));
        problem.zero(problem.head(result.dv(), head).rows(seen, problem.keys));
        for (int block = 0; block < blocks; block++) {
            new QueryBlock(head, block * problem.queryBlock, problem.queryBlockEnd(block)).backward();
        }
    }

    /** Some queries of one head, with all that belongs to them. */
    private final class QueryBlock {
        private final int head;
        private final int from;
        private final int count;
        private final int keyBlocks;
        private final Matrix q;
        private final Matrix dy;
        private final Matrix dq;

        QueryBlock(int head, int from, int to) {
            this.head = head;
            this.from = from;
            this.count = to - from;
            this.keyBlocks = problem.visibleKeyBlocks(to - 1);
            this.q = problem.head(problem.q, head).rows(from, to);
            this.dy = problem.head(upstream.dy(), head).rows(from, to);
            this.dq = problem.head(result.dq(), head).rows(from, to);
        }

        void backward() {
            Gemm gemm = problem.gemm;
            PackedMatrix packedQ = gemm.pack(q, queryPanel);
            PackedMatrix packedDy = gemm.pack(dy, gradientPanel);
            Matrix dk = problem.head(result.dk(), head);
            Matrix dv = problem.head(result.dv(), head);
            startMeans();
            int begun = from == 0 ? 0 : problem.visibleKeyBlocks(from - 1);
            for (int c = 0; c < keyBlocks; c++) {
                int first = c * problem.keyBlock;
                int end = problem.keyBlockEnd(c);
                Matrix weights = p.rows(0, count).columns(0, end - first);
                Matrix gradient = dp.rows(0, count).columns(0, end - first);
                probabilities(c, weights);
                valuesTransposed.multiply(dy, c, false, gradient);
                for (int r = 0; r < count; r++) {
                    finishRow(r, first, end - first);
                }
                gemm.multiply(weights.transposed(), packedDy, c < begun, dv.rows(first, end));
                gemm.multiply(gradient.transposed(), packedQ, c < begun, dk.rows(first, end));
                keys.multiply(gradient, c, c > 0, dq);
            }
            if (keyBlocks == 0) {
                problem.zero(dq);
            }
        }

        /** means = Σ p ⊙ dp over all keys: y · dy, and the part that the weights' own gradient has in it. */
        private void startMeans() {
            Matrix y = problem.head(upstream.y(), head).rows(from, from + count);
            for (int r = 0; r < count; r++) {
                means[r] = problem.kernels.dot(
                        y.segment(),
                        y.offset() + r * y.rowStride(),
                        dy.segment(),
                        dy.offset() + r * dy.rowStride(),
                        dy.columns());
            }
            View dweights = upstream.dweights();
            for (int c = 0; dweights != null && c < keyBlocks; c++) {
                int first = c * problem.keyBlock;
                int keys = problem.keyBlockEnd(c) - first;
                probabilities(c, p.rows(0, count).columns(0, keys));
                for (int r = 0; r < count; r++) {
                    long at = weightsOffset(dweights, r, first);
                    means[r] += problem.kernels.dot(
                            p.segment(), r * p.rowStride(), CpuStorage.segment(dweights), at, visible(r, first, keys));
                }
            }
        }

        /** The attention weights of this block's queries for the keys of block c. */
        private void probabilities(int c, Matrix weights) {
            int first = c * problem.keyBlock;
            keysTransposed.multiply(q, c, false, weights);
            for (int r = 0; r < count; r++) {
                long at = r * p.rowStride();
                int visible = visible(r, first, weights.columns());
                double logSumExp = problem.get(upstream.logSumExp(), (long) head * problem.queries + from + r);
                rows.probabilities(p.segment(), at, from + r, first, visible, weights.columns(), logSumExp);
            }
        }

        /** From p and the gradient of what weighed the values: what weighed the values, and the gradient of q · k. */
        private void finishRow(int r, int first, int keys) {
            int visible = visible(r, first, keys);
            long at = r * p.rowStride();
            View dweights = upstream.dweights();
            boolean drops = rows.drawFactors(from + r, first, visible);
            if (drops) {
                rows.applyFactors(dp.segment(), at, first, visible);
            }
            if (dweights != null) {
                long from = weightsOffset(dweights, r, first);
                MemorySegment segment = CpuStorage.segment(dweights);
                problem.elementwise.binary(
                        BinaryFunction.ADD, dp.segment(), at, segment, from, dp.segment(), at, visible);
            }
            int whole = problem.padded(keys);
            problem.kernels.scoreGradient(p.segment(), at, dp.segment(), at, whole, means[r], problem.call.scale());
            // A row whose scores overflow has NaN for later keys as well.
            problem.kernels.fill(p.segment(), at + visible, keys - visible, 0);
            problem.kernels.fill(dp.segment(), at + visible, keys - visible, 0);
            if (drops) {
                rows.applyFactors(p.segment(), at, first, visible);
            }
        }

        private int visible(int r, int first, int keys) {
            return Math.clamp(problem.visibleKeys(from + r) - (long) first, 0, keys);
        }

        private long weightsOffset(View dweights, int r, int key) {
            return problem.elementOffset(dweights, head)
                    + (from + r) * dweights.layout().stride(2)
                    + key;
        }
    }
}
