package dev.gatun.cuda;

import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/**
 * How some axes of a view are reduced: what belongs to one result is cut into chunks by the shapes alone, so that every GPU adds in the
 * same order, and the chunks' results are combined by a second kernel.
 *
 * @param reduction what is made of the elements
 * @param kept walks the results
 * @param reduced walks what belongs to each
 * @param byColumns whether a thread makes a result by itself, instead of a row of threads
 * @param chunk elements of a chunk
 * @param chunks chunks of a result
 */
record AxisReduction(Reduction reduction, CudaWalk kept, CudaWalk reduced, boolean byColumns, long chunk, int chunks) {
    private static final String FAMILY = "reduction";

    /** Up to so many elements a thread does by itself. */
    private static final int FEW = 16;

    /** Threads, and rows of threads, that keep a large GPU busy; what a chunk of theirs has at least. */
    private static final int BUSY_THREADS = 1 << 17;

    private static final int BUSY_ROWS = 1 << 10;
    private static final int COLUMN_CHUNK = 64;
    private static final int ROW_CHUNK = 1 << 11;
    private static final int MOST_CHUNKS = 512;

    static AxisReduction of(Reduction reduction, View x, View y) {
        check(x.shape(), y.shape());
        CudaWalk kept = axes(x, y, false);
        CudaWalk reduced = axes(x, y, true);
        long count = reduced.count();
        boolean needsElements = reduction == Reduction.MAX || reduction == Reduction.MIN;
        if (needsElements && count == 0 && kept.count() > 0) {
            throw new ShapeException("reduce", reduction + " of no elements: " + x.shape() + " to " + y.shape());
        }
        boolean neighboursApart = reduced.lastStride(0) > kept.lastStride(0);
        boolean byColumns = count <= FEW || kept.count() >= FEW && neighboursApart;
        long busy = Math.ceilDiv(byColumns ? BUSY_THREADS : BUSY_ROWS, Math.max(1, kept.count()));
        long most = Math.min(MOST_CHUNKS, Math.ceilDiv(count, byColumns ? COLUMN_CHUNK : ROW_CHUNK));
        int wanted = (int) Math.max(1, Math.min(busy, most));
        long chunk = Math.max(1, Math.ceilDiv(count, wanted));
        int chunks = (int) Math.max(1, Math.ceilDiv(count, chunk));
        return new AxisReduction(reduction, kept, reduced, byColumns, chunk, chunks);
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

    /** The axes of x that are reduced, or those that are kept. */
    private static CudaWalk axes(View x, View y, boolean ofReduced) {
        int[] sizes = new int[x.rank()];
        long[] strides = new long[x.rank()];
        for (int axis = 0; axis < sizes.length; axis++) {
            boolean isReduced = y.size(axis) != x.size(axis);
            sizes[axis] = isReduced == ofReduced ? x.size(axis) : 1;
            strides[axis] = x.layout().stride(axis);
        }
        return CudaWalk.of("reduce", Layout.strided(Shape.of(sizes), strides, 0));
    }

    /** The number of results. */
    long outputs() {
        return kept.count();
    }

    /** Numbers in the results of all chunks, two for each; none where there is one chunk. */
    long partialElements() {
        return chunks == 1 ? 0 : Math.multiplyExact(2L * chunks, outputs());
    }

    /** Queues the kernels; the device is held. */
    void queue(CudaKernels kernels, DType dtype, View x, MemorySegment partials, View y) {
        double divisor = reduction == Reduction.MEAN ? reduced.count() : 1;
        KernelCall call = kernels.call(FAMILY, dtype, byColumns ? "reduceColumns" : "reduceRows")
                .constant(reduction)
                .walk(kept)
                .walk(reduced)
                .int64(chunk)
                .scalar(divisor)
                .pointer(x)
                .pointer(partials)
                .pointer(y);
        if (byColumns) {
            call.overThreads(outputs(), chunks);
        } else {
            call.overRows(outputs(), chunk, chunks);
        }
        if (chunks > 1) {
            kernels.call(FAMILY, dtype, "reducePartials")
                    .constant(reduction)
                    .int64(outputs())
                    .int64(chunks)
                    .scalar(divisor)
                    .pointer(partials)
                    .pointer(y)
                    .overRows(outputs(), chunks);
        }
    }
}
