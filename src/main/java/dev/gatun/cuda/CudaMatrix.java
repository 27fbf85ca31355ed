package dev.gatun.cuda;

import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by cuBLAS. BLAS counts by columns: a row-major [rows, columns] matrix is its column-major transpose, so that
 * c = a · b is asked for as cᵀ = bᵀ · aᵀ and no operand moves.
 */
final class CudaMatrix implements MatrixOps {
    private final CudaRuntime runtime;

    CudaMatrix(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void matmul(View a, View b, @Nullable View bias, boolean accumulate, View c) {
        if (c.elements() == 0) {
            return;
        }
        List<Storage> scratch = new ArrayList<>(2);
        try {
            boolean add = begin(bias, accumulate, a.size(-1), c);
            if (a.size(-1) > 0) {
                multiply(operand(a, scratch), operand(b, scratch), add, c, scratch);
            }
        } finally {
            scratch.forEach(Storage::release);
        }
    }

    /** Puts what the product is added to into c; false where that is nothing. */
    private boolean begin(@Nullable View bias, boolean accumulate, int inner, View c) {
        if (bias != null) {
            View repeated = bias.with(bias.layout().broadcastTo("matmul", c.shape()));
            if (accumulate) {
                runtime.copies().accumulate(repeated, c);
            } else {
                runtime.copies().copy(repeated, c);
            }
            return true;
        }
        if (!accumulate && inner == 0) {
            runtime.copies().fill(c, 0);
        }
        return accumulate;
    }

    private GemmOperand operand(View view, List<Storage> scratch) {
        GemmOperand operand = GemmOperand.of(view);
        if (operand != null) {
            return operand;
        }
        long bytes = Math.multiplyExact(view.elements(), (long) view.dtype().byteSize());
        View copy = new View(runtime.memory().allocate(bytes), view.dtype(), Layout.contiguous(view.shape()));
        scratch.add(copy.storage());
        runtime.copies().copy(view, copy);
        return new GemmOperand(copy, false, Math.max(1, copy.size(-1)));
    }

    private void multiply(GemmOperand a, GemmOperand b, boolean add, View c, List<Storage> scratch) {
        int matrices = Math.toIntExact(c.elements() / ((long) c.size(-2) * c.size(-1)));
        GemmOperand target = new GemmOperand(c, false, rowStride(c));
        Long strideA = a.batchStride(matrices);
        Long strideB = b.batchStride(matrices);
        Long strideC = target.batchStride(matrices);
        if (strideA == null || strideB == null || strideC == null) {
            batched(a, b, add, target, matrices, scratch);
        } else if (matrices == 1) {
            single(a, b, add, target, c.size(-2));
        } else if (strideB == 0 && continues(a, strideA) && continues(target, strideC)) {
            single(a, b, add, target, Math.multiplyExact(c.size(-2), matrices));
        } else {
            strided(a, b, add, target, matrices, new long[] {strideA, strideB, strideC});
        }
    }

    private static int rowStride(View c) {
        return c.size(-2) == 1 ? c.size(-1) : Math.toIntExact(c.layout().stride(-2));
    }

    /** Whether the next matrix begins where another row would, so that all are one matrix of more rows. */
    private static boolean continues(GemmOperand operand, long stride) {
        int rows = operand.view().size(-2);
        return !operand.transposed() && stride == (long) rows * operand.leading();
    }

    private void single(GemmOperand a, GemmOperand b, boolean add, GemmOperand c, int rows) {
        DType dtype = c.view().dtype();
        CudaMemory memory = runtime.memory();
        try (var _ = runtime.calls()) {
            CudaStatus.blas(
                    "cublasGemmEx",
                    Cublas.cublasGemmEx(
                            runtime.blas(),
                            operation(b),
                            operation(a),
                            c.view().size(-1),
                            rows,
                            a.view().size(-1),
                            Scalars.one(dtype),
                            memory.pointer(b.view()),
                            CudaTypes.blas(dtype),
                            b.leading(),
                            memory.pointer(a.view()),
                            CudaTypes.blas(dtype),
                            a.leading(),
                            add ? Scalars.one(dtype) : Scalars.zero(dtype),
                            memory.pointer(c.view()),
                            CudaTypes.blas(dtype),
                            c.leading(),
                            runtime.computeType(dtype),
                            Cublas.CUBLAS_GEMM_DEFAULT()));
        }
    }

    /** @param strides elements between the matrices of a, b and c */
    private void strided(GemmOperand a, GemmOperand b, boolean add, GemmOperand c, int matrices, long[] strides) {
        DType dtype = c.view().dtype();
        CudaMemory memory = runtime.memory();
        try (var _ = runtime.calls()) {
            CudaStatus.blas(
                    "cublasGemmStridedBatchedEx",
                    Cublas.cublasGemmStridedBatchedEx(
                            runtime.blas(),
                            operation(b),
                            operation(a),
                            c.view().size(-1),
                            c.view().size(-2),
                            a.view().size(-1),
                            Scalars.one(dtype),
                            memory.pointer(b.view()),
                            CudaTypes.blas(dtype),
                            b.leading(),
                            strides[1],
                            memory.pointer(a.view()),
                            CudaTypes.blas(dtype),
                            a.leading(),
                            strides[0],
                            add ? Scalars.one(dtype) : Scalars.zero(dtype),
                            memory.pointer(c.view()),
                            CudaTypes.blas(dtype),
                            c.leading(),
                            strides[2],
                            matrices,
                            runtime.computeType(dtype),
                            Cublas.CUBLAS_GEMM_DEFAULT()));
        }
    }

    /** Matrices at any places: their addresses are sent to the device. */
    private void batched(
            GemmOperand a, GemmOperand b, boolean add, GemmOperand c, int matrices, List<Storage> scratch) {
        DType dtype = c.view().dtype();
        CudaStorage table = runtime.memory().allocate(3L * matrices * Long.BYTES);
        scratch.add(table);
        long[] addresses = new long[3 * matrices];
        addresses(a, matrices, addresses, 0);
        addresses(b, matrices, addresses, matrices);
        addresses(c, matrices, addresses, 2 * matrices);
        CudaMemory memory = runtime.memory();
        memory.write(MemorySegment.ofArray(addresses), table, 0);
        try (var _ = runtime.calls()) {
            CudaStatus.blas(
                    "cublasGemmBatchedEx",
                    Cublas.cublasGemmBatchedEx(
                            runtime.blas(),
                            operation(b),
                            operation(a),
                            c.view().size(-1),
                            c.view().size(-2),
                            a.view().size(-1),
                            Scalars.one(dtype),
                            memory.pointer(table, (long) matrices * Long.BYTES),
                            CudaTypes.blas(dtype),
                            b.leading(),
                            memory.pointer(table, 0),
                            CudaTypes.blas(dtype),
                            a.leading(),
                            add ? Scalars.one(dtype) : Scalars.zero(dtype),
                            memory.pointer(table, 2L * matrices * Long.BYTES),
                            CudaTypes.blas(dtype),
                            c.leading(),
                            matrices,
                            runtime.computeType(dtype),
                            Cublas.CUBLAS_GEMM_DEFAULT()));
        }
    }

    private void addresses(GemmOperand operand, int matrices, long[] target, int from) {
        View view = operand.view();
        long start = runtime.memory().pointer(view.storage(), 0).address();
        long[] offsets = operand.offsets(matrices);
        for (int i = 0; i < matrices; i++) {
            target[from + i] = start + offsets[i] * view.dtype().byteSize();
        }
    }

    private static int operation(GemmOperand operand) {
        return operand.transposed() ? Cublas.CUBLAS_OP_T() : Cublas.CUBLAS_OP_N();
    }
}
