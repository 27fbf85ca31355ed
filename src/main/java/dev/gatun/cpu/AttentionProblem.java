package dev.gatun.cpu;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.kernel.AttentionKernels;
import dev.gatun.cpu.kernel.ElementwiseKernels;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * One attention as both passes see it: its operands, and how they are cut into blocks of queries and of keys. A head is counted
 * over the batch: head h of sequence b is b · heads + h.
 */
final class AttentionProblem {
    /** Queries of a block: whole tiles of every product, few enough that their scores against a block of keys stay in the cache. */
    static final int FORWARD_QUERIES = 48;

    /** The same in the backward pass, where queries are what is summed over: short sums would begin and end too often. */
    static final int BACKWARD_QUERIES = 128;

    /** Keys of a block. */
    private static final int KEYS = 192;

    /** Keys and queries of a block where queries see no later keys: smaller, so that more of them are passed over in whole blocks. */
    private static final int CAUSAL = 64;

    /** Multiply-adds that are worth waking a thread for. */
    private static final double THREAD_WORK = 1 << 19;

    final AttentionCall call;
    final View q;
    final View k;
    final View v;
    final @Nullable View mask;
    final @Nullable View keyPadding;
    final DType dtype;
    final Gemm gemm;
    final AttentionKernels kernels;
    final ElementwiseKernels elementwise;
    final int queryBlock;
    final int keyBlock;
    final int heads;
    final int queries;
    final int keys;

    AttentionProblem(
            CpuRuntime runtime,
            AttentionCall call,
            View q,
            View k,
            View v,
            @Nullable View mask,
            @Nullable View keyPadding,
            int queryBlock) {
        this.call = call;
        this.q = q;
        this.k = k;
        this.v = v;
        this.mask = mask;
        this.keyPadding = keyPadding;
        this.dtype = q.dtype();
        this.gemm = runtime.kernels(dtype).gemm();
        this.kernels = runtime.kernels(dtype).attention();
        this.elementwise = runtime.kernels(dtype).elementwise();
        this.queryBlock = call.causal() ? CAUSAL : queryBlock;
        this.keyBlock = call.causal() ? CAUSAL : KEYS;
        this.heads = q.size(1);
        this.queries = q.size(2);
        this.keys = k.size(2);
    }

    /** Heads of all sequences. */
    int totalHeads() {
        return Math.multiplyExact(q.size(0), heads);
    }

    int queryBlocks() {
        return Math.ceilDiv(queries, queryBlock);
    }

    /** One past the last query of a block. */
    int queryBlockEnd(int block) {
        return Math.min((block + 1) * queryBlock, queries);
    }

    int keyBlocks() {
        return Math.ceilDiv(keys, keyBlock);
    }

    /** One past the last key of a block. */
    int keyBlockEnd(int block) {
        return Math.min((block + 1) * keyBlock, keys);
    }

    /** How many keys, from the first on, a query may attend to as far as causality goes. */
    int visibleKeys(int query) {
        return call.causal() ? Math.min(query + 1, keys) : keys;
    }

    /** How many key blocks hold all that is visible to a query and to those before it. */
    int visibleKeyBlocks(int query) {
        return Math.ceilDiv(visibleKeys(query), keyBlock);
    }

    /** Threads worth waking for so many products of the size of q kᵀ. */
    int threads(int products) {
        double work = (double) totalHeads() * queries * keys * Math.max(q.size(3), v.size(3)) * products;
        return (int) Math.clamp(work / THREAD_WORK, 1, Integer.MAX_VALUE);
    }

    /** One head of a view [batch, heads, rows, columns]. */
    Matrix head(View view, int head) {
        MemorySegment segment = CpuStorage.segment(view);
        long stride = view.size(2) == 1 ? view.size(3) : view.layout().stride(2);
        return new Matrix(segment, elementOffset(view, head), view.size(2), view.size(3), stride, 1);
    }

    /** The place of a head's first element in a view [batch, heads, …]. */
    long elementOffset(View view, int head) {
        return view.layout().offset()
                + head / heads * view.layout().stride(0)
                + head % heads * view.layout().stride(1);
    }

    /** Scratch for the scores of a query block against so many keys; its rows are aligned. */
    Matrix scores(int columns, SegmentAllocator scratch) {
        int rows = Math.min(queryBlock, queries);
        long stride = alignedBytes(columns) / dtype.byteSize();
        return new Matrix(scratch.allocate(scoreBytes(columns), 64), 0, rows, columns, stride, 1);
    }

    /** Bytes that {@link #scores} takes. */
    long scoreBytes(int columns) {
        return Math.min(queryBlock, queries) * alignedBytes(columns);
    }

    /** Clears a matrix. */
    void zero(Matrix matrix) {
        for (int i = 0; i < matrix.rows(); i++) {
            kernels.fill(matrix.segment(), matrix.offset() + i * matrix.rowStride(), matrix.columns(), 0);
        }
    }

    /** One element of a contiguous view. */
    double get(View view, long index) {
        MemorySegment segment = CpuStorage.segment(view);
        long at = view.layout().offset() + index;
        return dtype == DType.F32
                ? segment.getAtIndex(ValueLayout.JAVA_FLOAT, at)
                : segment.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
    }

    /** Sets one element of a contiguous view. */
    void set(View view, long index, double value) {
        MemorySegment segment = CpuStorage.segment(view);
        long at = view.layout().offset() + index;
        if (dtype == DType.F32) {
            segment.setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) value);
        } else {
            segment.setAtIndex(ValueLayout.JAVA_DOUBLE, at, value);
        }
    }

    /** So many elements, rounded up to whole vectors: rows of scratch have room for them. */
    int padded(int elements) {
        return (int) (alignedBytes(elements) / dtype.byteSize());
    }

    /** Bytes of so many elements, rounded up so that what follows is aligned. */
    long alignedBytes(long elements) {
        return (elements * dtype.byteSize() + 63) / 64 * 64;
    }
}
