package dev.gatun.cpu;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Matrix;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
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
    public void matmul(View a, View b, Epilogue epilogue, View c) {
        MatrixOps.check(a, b, epilogue, c);
        if (c.elements() == 0) {
            return;
        }
        if (c.dtype() != c.dtype().sumType()) {
            narrow.matmul(a, b, epilogue, c);
            return;
        }
        ParallelGemm gemm = new ParallelGemm(runtime, a.dtype());
        Product product = new Product(a, b, epilogue, c);
        if (product.count == 1 && a.dtype() == c.dtype() && ParallelGemm.isWorthKeeping(product.right, product.rows)) {
            try (PackedOperand packed = gemm.find(b, product.right)) {
                if (packed != null) {
                    gemm.multiply(product.left(0), packed, product.outcome(0));
                    return;
                }
            }
        }
        int tasks = gemm.tasks((double) product.rows * product.count, product.right.rows(), product.right.columns());
        if (product.count < Math.min(tasks, runtime.pool().threads())) {
            for (long i = 0; i < product.count; i++) {
                gemm.multiply(product.left(i), product.right(i), product.outcome(i));
            }
            return;
        }
        int parts = (int) Math.min(tasks, product.count);
        runtime.pool().run(parts, part -> {
            long end = product.count * (part + 1) / parts;
            for (long i = product.count * part / parts; i < end; i++) {
                gemm.multiplyHere(product.left(i), product.right(i), product.outcome(i));
            }
        });
    }

    private static Matrix matrix(MemorySegment segment, View view, int rows, long rowStride) {
        long columnStride = view.layout().stride(-1);
        return new Matrix(segment, view.layout().offset(), rows, view.size(-1), rowStride, columnStride);
    }

    /** A view that all matrices of a product have parts of, one after the other. */
    private static final class Walked {
        final View view;
        final MemorySegment segment;
        long rowStride;

        Walked(View view, MemorySegment segment) {
            this.view = view;
            this.segment = segment;
            this.rowStride = view.layout().stride(-2);
        }
    }

    /**
     * The matrices of a call. Leading axes that all views but b, which repeats, can walk as more rows of one product become rows;
     * the others are batches.
     */
    private static final class Product {
        private final View b;
        private final Epilogue epilogue;
        private final Walked factor;
        private final @Nullable Walked addend;
        private final Walked sum;
        private final Walked result;
        private final List<Walked> walked = new ArrayList<>(4);
        private final @Nullable Matrix bias;
        private int axes;
        int rows;
        final Matrix right;
        final long count;

        Product(View a, View b, Epilogue epilogue, View c) {
            this.b = b;
            this.epilogue = epilogue;
            this.factor = walk(a, CpuStorage.readable(a));
            this.result = walk(c, CpuStorage.segment(c));
            View argument = epilogue.argument();
            this.sum = argument == null ? result : walk(argument, CpuStorage.segment(argument));
            View added = epilogue.addend();
            this.addend = added == null ? null : walk(added, CpuStorage.readable(added));
            this.axes = c.rank() - 2;
            this.rows = c.size(-2);
            while (axes > 0 && absorb(axes - 1)) {
                axes--;
            }
            this.count = c.shape().range(0, axes).elements();
            this.right =
                    matrix(CpuStorage.readable(b), b, b.size(-2), b.layout().stride(-2));
            View row = epilogue.bias();
            this.bias = row == null ? null : matrix(CpuStorage.readable(row), row, rows, 0);
        }

        private Walked walk(View view, MemorySegment segment) {
            Walked one = new Walked(view, segment);
            walked.add(one);
            return one;
        }

        private boolean absorb(int axis) {
            int size = result.view.size(axis);
            if (size == 1) {
                return true;
            }
            if (b.layout().stride(axis) != 0 || (long) rows * size > Integer.MAX_VALUE) {
                return false;
            }
            for (Walked one : walked) {
                if (rows > 1 && one.view.layout().stride(axis) != rows * one.rowStride) {
                    return false;
                }
            }
            for (Walked one : walked) {
                one.rowStride = rows == 1 ? one.view.layout().stride(axis) : one.rowStride;
            }
            rows *= size;
            return true;
        }

        Matrix left(long index) {
            return part(factor, index);
        }

        Matrix right(long index) {
            return axes == 0 ? right : at(right, b, index);
        }

        Outcome outcome(long index) {
            Matrix to = part(sum, index);
            Matrix from = addend == null ? null : part(addend, index);
            Matrix target = sum.equals(result) ? to : part(result, index);
            return new Outcome(bias, from, to, epilogue.activation(), target);
        }

        private Matrix part(Walked one, long index) {
            return at(matrix(one.segment, one.view, rows, one.rowStride), one.view, index);
        }

        private Matrix at(Matrix first, View view, long index) {
            long offset = first.offset();
            long rest = index;
            for (int axis = axes - 1; axis >= 0; axis--) {
                int size = result.view.size(axis);
                offset += rest % size * view.layout().stride(axis);
                rest /= size;
            }
            return new Matrix(
                    first.segment(), offset, first.rows(), first.columns(), first.rowStride(), first.columnStride());
        }
    }
}
