package dev.gatun.cpu;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.Philox;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** Rows of scores on one thread: resolves mask and key padding to one additive bias, and draws what dropout drops. */
final class AttentionRows {
    private final AttentionProblem problem;

    /** The bias of a row whose mask cannot be used as it lies, that of the padding alone, and the factors of dropout: [keys] each. */
    private final MemorySegment masked;

    private final MemorySegment padded;
    private final MemorySegment factors;
    private final int[] words = new int[256];
    private int head;
    private long maskOffset;

    /** The bias of the row at hand, null for none, and where its first key is. */
    private @Nullable MemorySegment bias;

    private long biasAt;
    private double largest;
    private double sum;

    /** Over scratch of {@link #bytes}. */
    AttentionRows(AttentionProblem problem, SegmentAllocator scratch) {
        this.problem = problem;
        long row = problem.alignedBytes(problem.keys);
        this.masked = scratch.allocate(row, 64);
        this.padded = scratch.allocate(row, 64);
        this.factors = scratch.allocate(row, 64);
    }

    static long bytes(AttentionProblem problem) {
        return 3 * problem.alignedBytes(problem.keys);
    }

    /** The rows that follow are of this head. */
    void start(int head) {
        this.head = head;
        View mask = problem.mask;
        maskOffset = mask == null ? 0 : problem.elementOffset(mask, head);
        View padding = problem.keyPadding;
        if (padding != null) {
            long at = padding.layout().offset()
                    + head / problem.heads * padding.layout().stride(0);
            long stride = padding.layout().stride(1);
            problem.kernels.block(CpuStorage.segment(padding), at, stride, padded, 0, problem.keys);
        }
    }

    /**
     * Turns scores of the first n keys into so many times their probabilities, and says how many times; those of the rest, up to
     * {@code computed}, become 0, or NaN where the sum is.
     */
    double exponentials(MemorySegment s, long at, int query, int n, int computed) {
        resolveBias(query, 0, n);
        double scale = problem.call.scale();
        int count = hide(s, at, n, computed);
        largest = problem.kernels.largest(s, at, count, scale, bias, biasAt);
        sum = problem.kernels.exponentials(s, at, count, scale, bias, biasAt, largest);
        return sum;
    }

    /** Scores from n on become ones whose exponential is 0, where that can be said without a bias; gives how many are to be worked on. */
    private int hide(MemorySegment s, long at, int n, int computed) {
        if (bias == null && (float) problem.call.scale() > 0) {
            int whole = problem.padded(computed);
            problem.kernels.fill(s, at + n, whole - n, Double.NEGATIVE_INFINITY);
            return whole;
        }
        problem.kernels.fill(s, at + n, computed - n, 0);
        return n;
    }

    /** ln Σ exp of the scores that {@link #exponentials} was last given, −∞ where there are none. */
    double logSumExp() {
        return sum == 0 ? Double.NEGATIVE_INFINITY : largest + Math.log(sum);
    }

    /**
     * Probabilities of the first n keys from {@code from} on, given the row's ln Σ exp; those of the rest, up to {@code computed},
     * are 0, or NaN where that is.
     */
    void probabilities(MemorySegment s, long at, int query, int from, int n, int computed, double logSumExp) {
        resolveBias(query, from, n);
        int count = hide(s, at, n, computed);
        problem.kernels.exponentials(s, at, count, problem.call.scale(), bias, biasAt, logSumExp);
    }

    /** Multiplies weights of keys {@code from} to from + n − 1 by 0 where dropout drops, else by 1 / (1 − dropout). */
    void drop(MemorySegment weights, long at, int query, int from, int n) {
        if (drawFactors(query, from, n)) {
            applyFactors(weights, at, from, n);
        }
    }

    /** Draws the factors that {@link #applyFactors} applies; false where there is no dropout. */
    boolean drawFactors(int query, int from, int n) {
        RandomStream stream = problem.call.stream();
        if (stream == null || problem.call.dropout() == 0) {
            return false;
        }
        long first = ((long) head * problem.queries + query) * problem.keys + from;
        for (int done = 0; done < n; done += words.length) {
            int count = Math.min(words.length, n - done);
            Philox.fill(stream, first + done, count, words);
            writeFactors(from + done, count);
        }
        return true;
    }

    private void writeFactors(int at, int n) {
        double p = problem.call.dropout();
        double kept = 1 / (1 - p);
        for (int j = 0; j < n; j++) {
            double factor = Philox.uniform(words[j]) >= p ? kept : 0;
            if (problem.dtype == DType.F32) {
                factors.setAtIndex(ValueLayout.JAVA_FLOAT, at + j, (float) factor);
            } else {
                factors.setAtIndex(ValueLayout.JAVA_DOUBLE, at + j, factor);
            }
        }
    }

    /** x = x ⊙ factors of keys {@code from} to from + n − 1. */
    void applyFactors(MemorySegment x, long at, int from, int n) {
        problem.elementwise.binary(BinaryFunction.MULTIPLY, x, at, factors, from, x, at, n);
    }

    private void resolveBias(int query, int from, int n) {
        View mask = problem.mask;
        if (mask == null) {
            bias = problem.keyPadding == null ? null : padded;
            biasAt = from;
            return;
        }
        long stride = mask.layout().stride(3);
        long at = maskOffset + query * mask.layout().stride(2) + from * stride;
        MemorySegment segment = CpuStorage.segment(mask);
        boolean isAdditive = mask.dtype() != DType.BOOL;
        if (isAdditive && stride == 1 && problem.keyPadding == null) {
            bias = segment;
            biasAt = at;
            return;
        }
        bias = masked;
        biasAt = from;
        if (isAdditive) {
            gather(segment, at, stride, masked, from, n);
        } else {
            problem.kernels.block(segment, at, stride, masked, from, n);
        }
        if (problem.keyPadding != null) {
            problem.elementwise.binary(BinaryFunction.ADD, masked, from, padded, from, masked, from, n);
        }
    }

    private void gather(MemorySegment source, long at, long stride, MemorySegment target, long to, int n) {
        if (problem.dtype == DType.F32) {
            for (int j = 0; j < n; j++) {
                float value = source.getAtIndex(ValueLayout.JAVA_FLOAT, at + j * stride);
                target.setAtIndex(ValueLayout.JAVA_FLOAT, to + j, value);
            }
        } else {
            for (int j = 0; j < n; j++) {
                double value = source.getAtIndex(ValueLayout.JAVA_DOUBLE, at + j * stride);
                target.setAtIndex(ValueLayout.JAVA_DOUBLE, to + j, value);
            }
        }
    }
}
