package dev.gatun.cuda;

import dev.gatun.backend.IndexOps;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.ShapeException;

/** Rows chosen by index. A first kernel looks at the indices; where one is out of range, those that follow do nothing. */
final class CudaIndex implements IndexOps {
    private static final String FAMILY = "index";

    /** Threads of the kernel that looks at indices, as {@code indices.cuh} has it. */
    static final int CHECKING_THREADS = 256;

    private static final int MOST_GATHERING_THREADS = 256;

    private final CudaRuntime runtime;

    CudaIndex(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void gather(View table, View indices, View y) {
        check("gather", table, indices, y);
        if (indices.elements() == 0) {
            return;
        }
        CudaStorage failed = runtime.memory().allocate(Integer.BYTES);
        try (var _ = runtime.calls()) {
            checkIndices(DeviceFaults.Operation.GATHER, table, indices, failed);
            if (y.elements() > 0) {
                gather(table, indices, y, failed);
            }
        } finally {
            failed.release();
        }
    }

    private void gather(View table, View indices, View y, CudaStorage failed) {
        long rowBytes = (long) table.size(1) * table.dtype().byteSize();
        long places = table.byteOffset() | y.byteOffset() | rowBytes;
        int unit = (int) Math.min(Long.BYTES, Long.lowestOneBit(places));
        long units = rowBytes / unit;
        int width = 1;
        while (width < units && width < MOST_GATHERING_THREADS) {
            width *= 2;
        }
        int height = (int) Math.min(MOST_GATHERING_THREADS / width, Long.highestOneBit(indices.elements()));
        call(DType.F32, "gather" + unit)
                .pointer(runtime.memory().pointer(failed, 0))
                .pointer(table)
                .pointer(indices)
                .int32(isWide(indices))
                .int64(indices.elements())
                .int64(units)
                .pointer(y)
                .launch(Math.ceilDiv(indices.elements(), height), 1, width, height);
    }

    @Override
    public void scatterAdd(View source, View indices, long ignored, View table) {
        check("scatterAdd", table, indices, source);
        DType dtype = Operands.computable("scatterAdd", table, source);
        if (indices.elements() == 0) {
            return;
        }
        IndexSort sort = new IndexSort(Math.toIntExact(indices.elements()), table.size(0));
        try (var _ = runtime.calls();
                Scratch scratch = new Scratch(runtime.memory())) {
            CudaStorage entries = scratch.storage(sort.bytes());
            CudaStorage failed = scratch.storage(Integer.BYTES);
            checkIndices(DeviceFaults.Operation.SCATTER_ADD, table, indices, failed);
            long sorted = sort.queue(runtime, indices, entries);
            if (source.elements() > 0) {
                call(dtype, "scatterSorted")
                        .pointer(runtime.memory().pointer(failed, 0))
                        .pointer(runtime.memory().pointer(entries, sorted))
                        .int32((int) indices.elements())
                        .int64(ignored)
                        .int64(table.size(1))
                        .pointer(source)
                        .pointer(table)
                        .launch(Math.ceilDiv(indices.elements(), 8), Math.ceilDiv(table.size(1), 32), 32, 8);
            }
        }
    }

    private void checkIndices(DeviceFaults.Operation operation, View table, View indices, CudaStorage failed) {
        call(DType.F32, "checkIndices")
                .pointer(indices)
                .int32(isWide(indices))
                .int64(indices.elements())
                .int64(table.size(0))
                .int32(operation.code())
                .pointer(runtime.memory().faults().pointer())
                .pointer(runtime.memory().pointer(failed, 0))
                .launch(1, 1, CHECKING_THREADS, 1);
    }

    /** What kernels are told of the type of indices: 1 for I64, 0 for I32. */
    static int isWide(View indices) {
        return indices.dtype() == DType.I64 ? 1 : 0;
    }

    private static void check(String operation, View table, View indices, View rows) {
        Operands.contiguous(operation, table, indices, rows);
        Operands.sameType(operation, table, rows);
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
    }

    private KernelCall call(DType dtype, String kernel) {
        return runtime.kernels().call(FAMILY, dtype, kernel);
    }
}
