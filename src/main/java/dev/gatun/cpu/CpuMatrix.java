package dev.gatun.cpu;

import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Matrix;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Batched products: leading axes that amount to more rows become rows, the others are batches. */
final class CpuMatrix implements MatrixOps {
    /** Elements of BF16 or F16 computed at a time: many rows, so that what is packed serves them all, and no copy of a large result. */
    private static final int NARROW_PART = 1 << 22;

    private final CpuRuntime runtime;
    private final NarrowProduct narrow;

    CpuMatrix(CpuRuntime runtime) {
        this.runtime = runtime;
        this.narrow = new NarrowProduct(runtime, this, NARROW_PART);
    }

    @Override
    public void matmul(View a, View b, @Nullable View bias, boolean accumulate, View c) {
        MatrixOps.check(a, b, bias, c);
        if (c.elements() == 0) {
            return;
        }
        if (c.dtype() != c.dtype().sumType()) {
            narrow.matmul(a, b, bias, accumulate, c);
            return;
        }
        ParallelGemm gemm = new ParallelGemm(runtime, a.dtype());
        Batches batches = new Batches(a, b, c);
        Matrix left = matrix(CpuStorage.readable(a), a, batches.rows, batches.aRowStride);
        Matrix right = matrix(CpuStorage.readable(b), b, b.size(-2), b.layout().stride(-2));
        Matrix added = bias == null ? null : matrix(CpuStorage.readable(bias), bias, batches.rows, 0);
        Matrix target = matrix(CpuStorage.segment(c), c, batches.rows, batches.cRowStride);
        if (batches.count == 1 && a.dtype() == c.dtype() && ParallelGemm.isWorthKeeping(right, batches.rows)) {
            try (PackedOperand packed = gemm.find(b, right)) {
                if (packed != null) {
                    gemm.multiply(batches.a(left, 0), packed, added, accumulate, batches.c(target, 0));
                    return;
                }
            }
        }
        int tasks = gemm.tasks((double) batches.rows * batches.count, right.rows(), right.columns());
        if (batches.count < Math.min(tasks, runtime.pool().threads())) {
            for (long i = 0; i < batches.count; i++) {
                gemm.multiply(batches.a(left, i), batches.b(right, i), added, accumulate, batches.c(target, i));
            }
            return;
        }
        int parts = (int) Math.min(tasks, batches.count);
        runtime.pool().run(parts, part -> {
            long end = batches.count * (part + 1) / parts;
            for (long i = batches.count * part / parts; i < end; i++) {
                gemm.multiplyHere(batches.a(left, i), batches.b(right, i), added, accumulate, batches.c(target, i));
            }
        });
    }

    private static Matrix matrix(MemorySegment segment, View view, int rows, long rowStride) {
        long columnStride = view.layout().stride(-1);
        return new Matrix(segment, view.layout().offset(), rows, view.size(-1), rowStride, columnStride);
    }

    /** The leading axes, without those that a, b and c can walk as more rows of one product. */
    private static final class Batches {
        private final View a;
        private final View b;
        private final View c;
        private int axes;
        int rows;
        long aRowStride;
        long cRowStride;
        final long count;

        Batches(View a, View b, View c) {
            this.a = a;
            this.b = b;
            this.c = c;
            this.axes = c.rank() - 2;
            this.rows = c.size(-2);
            this.aRowStride = a.layout().stride(-2);
            this.cRowStride = c.layout().stride(-2);
            while (axes > 0 && absorb(axes - 1)) {
                axes--;
            }
            long product = 1;
            for (int axis = 0; axis < axes; axis++) {
                product *= c.size(axis);
            }
            this.count = product;
        }

        private boolean absorb(int axis) {
            int size = c.size(axis);
            if (size == 1) {
                return true;
            }
            long aStride = a.layout().stride(axis);
            long cStride = c.layout().stride(axis);
            boolean follows = rows == 1 || (aStride == rows * aRowStride && cStride == rows * cRowStride);
            if (!follows || b.layout().stride(axis) != 0 || (long) rows * size > Integer.MAX_VALUE) {
                return false;
            }
            aRowStride = rows == 1 ? aStride : aRowStride;
            cRowStride = rows == 1 ? cStride : cRowStride;
            rows *= size;
            return true;
        }

        Matrix a(Matrix first, long index) {
            return at(first, a, index);
        }

        Matrix b(Matrix first, long index) {
            return at(first, b, index);
        }

        Matrix c(Matrix first, long index) {
            return at(first, c, index);
        }

        private Matrix at(Matrix first, View view, long index) {
            if (axes == 0) {
                return first;
            }
            long offset = first.offset();
            long rest = index;
            for (int axis = axes - 1; axis >= 0; axis--) {
                int size = c.size(axis);
                offset += rest % size * view.layout().stride(axis);
                rest /= size;
            }
            return new Matrix(
                    first.segment(), offset, first.rows(), first.columns(), first.rowStride(), first.columnStride());
        }
    }
}
