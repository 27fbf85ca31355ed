package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.backend.IndexOps;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.ElementwiseKernels;
import dev.gatun.layout.DType;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/** Rows chosen by index on the CPU. */
final class CpuIndex implements IndexOps {
    private final CpuRuntime runtime;

    CpuIndex(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void gather(View table, View indices, View y) {
        check("gather", table, indices, y);
        int byteSize = table.dtype().byteSize();
        long rowBytes = (long) table.size(1) * byteSize;
        MemorySegment from = CpuStorage.readable(table);
        MemorySegment to = CpuStorage.segment(y);
        Ranges.run(runtime.pool(), indices.elements(), Ranges.grain(table.size(1)), (first, last) -> {
            for (long i = first; i < last; i++) {
                long source = table.byteOffset() + index(indices, i) * rowBytes;
                MemorySegment.copy(from, source, to, y.byteOffset() + i * rowBytes, rowBytes);
            }
        });
    }

    /** Each task owns the table's rows of one residue, so that rows are summed in the order of i whatever the threads. */
    @Override
    public void scatterAdd(View source, View indices, long ignored, View table) {
        check("scatterAdd", table, indices, source);
        ElementwiseKernels kernels = runtime.kernels(table.dtype()).elementwise();
        int features = table.size(1);
        int owners = source.elements() < Ranges.ELEMENTS ? 1 : runtime.pool().threads();
        MemorySegment from = CpuStorage.readable(source);
        MemorySegment to = CpuStorage.segment(table);
        long start = source.layout().offset();
        runtime.pool().run(owners, owner -> {
            for (long i = 0; i < indices.elements(); i++) {
                long index = index(indices, i);
                if (index % owners == owner && index != ignored) {
                    kernels.accumulate(
                            from, start + i * features, 1, to, table.layout().offset() + index * features, features);
                }
            }
        });
    }

    private static void check(String operation, View table, View indices, View rows) {
        Elementwise.contiguous(operation, table, indices, rows);
        Elementwise.sameType(operation, table, rows);
        boolean fits = table.rank() == 2 && rows.rank() == 2 && indices.rank() == 1;
        if (!fits || rows.size(1) != table.size(1) || rows.size(0) != indices.size(0)) {
            throw new ShapeException(
                    operation,
                    "rows " + rows.shape() + " do not fit a table " + table.shape() + " and indices "
                            + indices.shape());
        }
        if (!indices.dtype().isIndex()) {
            throw new ShapeException(operation, "expected indices, I32 or I64, was given " + indices.dtype());
        }
        for (long i = 0; i < indices.elements(); i++) {
            long index = index(indices, i);
            if (index < 0 || index >= table.size(0)) {
                throw new IndexOutOfBoundsException(operation + ": index " + index + " at place " + i
                        + " does not fit a table of " + table.size(0) + " rows");
            }
        }
    }

    /** The i-th of contiguous I32 or I64. */
    static long index(View indices, long i) {
        MemorySegment segment = CpuStorage.readable(indices);
        long at = indices.layout().offset() + i;
        return indices.dtype() == DType.I32 ? segment.getAtIndex(JAVA_INT, at) : segment.getAtIndex(JAVA_LONG, at);
    }
}
