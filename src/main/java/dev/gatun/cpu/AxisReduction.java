package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;

import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.ReductionKernels;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/**
 * The reduction of some axes of a view. What belongs to one result is cut into chunks by the shapes alone; each chunk gives a partial
 * result in double, and these are combined in order, so that threads do not change a bit of it.
 */
final class AxisReduction {
    private static final int MOST_CHUNKS = 64;
    private static final int GATHERED_AT_ONCE = 1 << 10;

    /** From so many neighbours on, whole rows of results are kept up side by side. */
    private static final int FEWEST_COLUMNS = 8;

    private final CpuRuntime runtime;
    private final Reduction reduction;
    private final ReductionKernels kernels;
    private final View x;
    private final View y;
    private final Runs kept;
    private final Runs reduced;
    private final boolean byColumns;
    private final long chunk;
    private final int chunks;

    AxisReduction(CpuRuntime runtime, Reduction reduction, View x, View y) {
        this.runtime = runtime;
        this.reduction = reduction;
        this.kernels = runtime.kernels(Elementwise.sameType("reduce", x, y)).reductions();
        this.x = x;
        this.y = y;
        Elementwise.contiguous("reduce", y);
        check(x.shape(), y.shape());
        this.kept = Runs.of(axes(false));
        this.reduced = Runs.of(axes(true));
        boolean rowsAreRuns = reduced.stride(0) == 1;
        this.byColumns = !rowsAreRuns && kept.stride(0) == 1 && kept.runLength() >= FEWEST_COLUMNS;
        long count = reduced.elements();
        long width = byColumns ? Math.min(kept.runLength(), GATHERED_AT_ONCE) : 1;
        this.chunk = Math.max(Ranges.grain(width), (count + MOST_CHUNKS - 1) / MOST_CHUNKS);
        this.chunks = (int) Math.max((count + chunk - 1) / chunk, 1);
    }

    private static void check(Shape from, Shape to) {
        boolean fits = from.rank() == to.rank();
        for (int axis = 0; fits && axis < from.rank(); axis++) {
            fits = to.size(axis) == from.size(axis) || to.size(axis) == 1;
        }
        if (!fits) {
            throw new ShapeException("reduce", "cannot reduce " + from + " to " + to);
        }
    }

    /** The axes of x that are reduced, or those that are kept, as a layout of their own; only the kept one has x's offset. */
    private Layout axes(boolean ofReduced) {
        int[] sizes = new int[x.rank()];
        long[] strides = new long[x.rank()];
        for (int axis = 0; axis < sizes.length; axis++) {
            boolean isReduced = y.size(axis) != x.size(axis);
            sizes[axis] = isReduced == ofReduced ? x.size(axis) : 1;
            strides[axis] = x.layout().stride(axis);
        }
        return Layout.strided(
                Shape.of(sizes), strides, ofReduced ? 0 : x.layout().offset());
    }

    void run() {
        long outputs = kept.elements();
        boolean needsElements = reduction == Reduction.MAX || reduction == Reduction.MIN;
        if (needsElements && reduced.elements() == 0 && outputs > 0) {
            throw new ShapeException("reduce", reduction + " of no elements: " + x.shape() + " to " + y.shape());
        }
        CpuStorage scratch = runtime.scratch(Math.multiplyExact(outputs * Double.BYTES, (long) chunks));
        try {
            MemorySegment partials = scratch.segment();
            long group = Math.max(Ranges.grain(Math.min(reduced.elements(), chunk)), byColumns ? GATHERED_AT_ONCE : 1);
            int groups = Math.toIntExact((outputs + group - 1) / group);
            runtime.pool().run(Math.multiplyExact(groups, chunks), task -> {
                long from = task % groups * group;
                reducePart(task / groups, from, Math.min(from + group, outputs), partials);
            });
            Ranges.run(runtime.pool(), outputs, Ranges.grain(chunks), (from, to) -> finish(partials, from, to));
        } finally {
            scratch.release();
        }
    }

    /** One chunk of what belongs to results {@code from} to {@code to}. */
    private void reducePart(int index, long from, long to, MemorySegment partials) {
        long first = index * chunk;
        long last = Math.min(first + chunk, reduced.elements());
        long at = index * kept.elements() + from;
        if (byColumns) {
            reduceColumns(first, last, from, to, partials, at);
        } else {
            reduceRows(first, last, from, to, partials, at);
        }
    }

    private void reduceRows(long first, long last, long from, long to, MemorySegment partials, long at) {
        int longest = reduced.stride(0) == 1 ? Integer.MAX_VALUE : GATHERED_AT_ONCE;
        long next = at;
        try (Operand input = new Operand(runtime, x, reduced.stride(0), GATHERED_AT_ONCE)) {
            for (Runs.Cursor result = kept.cursor(from, to, Integer.MAX_VALUE); result.next(); ) {
                for (int i = 0; i < result.length(); i++) {
                    long origin = result.offset(0) + i * kept.stride(0);
                    double partial = kernels.reduce(reduction, input.segment(), 0, 0);
                    for (Runs.Cursor run = reduced.cursor(first, last, longest); run.next(); ) {
                        input.moveTo(origin + run.offset(0), run.length());
                        partial = combine(
                                partial, kernels.reduce(reduction, input.segment(), input.offset(), run.length()));
                    }
                    partials.setAtIndex(JAVA_DOUBLE, next++, partial);
                }
            }
        }
    }

    private void reduceColumns(long first, long last, long from, long to, MemorySegment partials, long at) {
        MemorySegment source = CpuStorage.readable(x);
        double start = kernels.reduce(reduction, source, 0, 0);
        long next = at;
        for (Runs.Cursor columns = kept.cursor(from, to, GATHERED_AT_ONCE); columns.next(); ) {
            int n = columns.length();
            for (int i = 0; i < n; i++) {
                partials.setAtIndex(JAVA_DOUBLE, next + i, start);
            }
            for (Runs.Cursor run = reduced.cursor(first, last, Integer.MAX_VALUE); run.next(); ) {
                for (int i = 0; i < run.length(); i++) {
                    long row = columns.offset(0) + run.offset(0) + i * reduced.stride(0);
                    kernels.reduceColumns(reduction, source, row, partials, next, n);
                }
            }
            next += n;
        }
    }

    private double combine(double a, double b) {
        return switch (reduction) {
            case SUM, MEAN, SUM_OF_SQUARES -> a + b;
            case MAX -> Math.max(a, b);
            case MIN -> Math.min(a, b);
        };
    }

    private void finish(MemorySegment partials, long from, long to) {
        MemorySegment results = CpuStorage.segment(y);
        long outputs = kept.elements();
        double divisor = reduction == Reduction.MEAN ? reduced.elements() : 1;
        for (long i = from; i < to; i++) {
            double result = partials.getAtIndex(JAVA_DOUBLE, i);
            for (int part = 1; part < chunks; part++) {
                result = combine(result, partials.getAtIndex(JAVA_DOUBLE, part * outputs + i));
            }
            Conversion.write(result / divisor, results, y.dtype(), y.layout().offset() + i);
        }
    }
}
