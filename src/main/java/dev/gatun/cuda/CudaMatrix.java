package dev.gatun.cuda;

import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by cuBLAS. BLAS counts by columns: a row-major [rows, columns] matrix is its column-major transpose, so that
 * c = a · b is asked for as cᵀ = bᵀ · aᵀ and no operand moves.
 */
final class CudaMatrix implements MatrixOps, AutoCloseable {
    private final CudaRuntime runtime;
    private final BiasedProducts biased;
    private final AddressTables tables;

    CudaMatrix(CudaRuntime runtime) {
        this.runtime = runtime;
        this.biased = new BiasedProducts(runtime);
        this.tables = new AddressTables(runtime);
    }

    @Override
    public void matmul(View a, View b, @Nullable View bias, boolean accumulate, View c) {
        MatrixOps.check(a, b, bias, c);
        if (c.elements() == 0) {
            return;
        }
        if (accumulate) {
            multiply(a, b, bias, true, c);
        } else {
            runtime.memory().repeatable(() -> multiply(a, b, bias, false, c));
        }
    }

    private void multiply(View a, View b, @Nullable View bias, boolean accumulate, View c) {
        try (Scratch scratch = new Scratch(runtime.memory())) {
            if (bias != null && accumulate && c.dtype() != c.dtype().sumType()) {
                wide(a, b, bias, c, scratch);
                return;
            }
            if (a.size(-1) == 0) {
                begin(bias, accumulate, c);
                return;
            }
            Product product = new Product(operand(a, scratch), operand(b, scratch), c);
            int rows = product.rowsOfOneMatrix();
            boolean takesBias = bias != null && bias.isContiguous() && !accumulate && rows > 0;
            if (takesBias && biased.run(product.a, product.b, bias, product.c, rows)) {
                return;
            }
            boolean add = bias != null || accumulate;
            if (bias != null) {
                begin(bias, accumulate, c);
            }
            if (rows > 0) {
                single(product.a, product.b, add, product.c, rows);
            } else if (product.isStrided()) {
                strided(product, add);
            } else {
                batched(product.a, product.b, add, product.c, product.matrices, scratch);
            }
        }
    }

    /** c += a · b + bias in F32, so that the sum of three is rounded once. */
    private void wide(View a, View b, View bias, View c, Scratch scratch) {
        View sums = scratch.view(c.dtype().sumType(), c.shape());
        View added = scratch.view(c.dtype().sumType(), bias.shape());
        runtime.copies().copy(c, sums);
        runtime.copies().copy(bias, added);
        matmul(a, b, added, true, sums);
        runtime.copies().copy(sums, c);
    }

    /** Puts into c what the product is added to. */
    private void begin(@Nullable View bias, boolean accumulate, View c) {
        if (bias == null) {
            if (!accumulate) {
                runtime.copies().fill(c, 0);
            }
            return;
        }
        View repeated = bias.with(bias.layout().broadcastTo("matmul", c.shape()));
        if (accumulate) {
            runtime.copies().accumulate(repeated, c);
        } else {
            runtime.copies().copy(repeated, c);
        }
    }

    private static GemmOperand operand(View view, Scratch scratch) {
        GemmOperand operand = GemmOperand.of(view);
        return operand != null ? operand : new GemmOperand(scratch.copy(view), false, Math.max(1, view.size(-1)));
    }

    /** The operands of a call, and how far apart their matrices are. */
    private static final class Product {
        final GemmOperand a;
        final GemmOperand b;
        final GemmOperand c;
        final int matrices;
        final @Nullable Long strideA;
        final @Nullable Long strideB;
        final @Nullable Long strideC;

        Product(GemmOperand a, GemmOperand b, View target) {
            this.a = a;
            this.b = b;
            this.c = new GemmOperand(target, false, rowStride(target));
            this.matrices = Math.toIntExact(target.elements() / ((long) target.size(-2) * target.size(-1)));
            this.strideA = a.batchStride(matrices);
            this.strideB = b.batchStride(matrices);
            this.strideC = c.batchStride(matrices);
        }

        boolean isStrided() {
            return strideA != null && strideB != null && strideC != null;
        }

        /** Rows of all matrices where one product serves them all, because b is the same for all and rows follow one another; else 0. */
        int rowsOfOneMatrix() {
            int rows = c.view().size(-2);
            if (matrices == 1) {
                return rows;
            }
            boolean one = isStrided() && strideB == 0 && continues(a, strideA) && continues(c, strideC);
            return one ? Math.multiplyExact(rows, matrices) : 0;
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
        DType factors = a.view().dtype();
        int type = CudaTypes.blas(factors);
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
                            Scalars.one(factors),
                            memory.pointer(b.view()),
                            type,
                            b.leading(),
                            memory.pointer(a.view()),
                            type,
                            a.leading(),
                            add ? Scalars.one(factors) : Scalars.zero(factors),
                            memory.pointer(c.view()),
                            CudaTypes.blas(c.view().dtype()),
                            c.leading(),
                            runtime.computeType(factors),
                            Cublas.CUBLAS_GEMM_DEFAULT()));
        }
    }

    private void strided(Product product, boolean add) {
        GemmOperand a = product.a;
        GemmOperand b = product.b;
        GemmOperand c = product.c;
        DType factors = a.view().dtype();
        int type = CudaTypes.blas(factors);
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
                            Scalars.one(factors),
                            memory.pointer(b.view()),
                            type,
                            b.leading(),
                            product.strideB,
                            memory.pointer(a.view()),
                            type,
                            a.leading(),
                            product.strideA,
                            add ? Scalars.one(factors) : Scalars.zero(factors),
                            memory.pointer(c.view()),
                            CudaTypes.blas(c.view().dtype()),
                            c.leading(),
                            product.strideC,
                            product.matrices,
                            runtime.computeType(factors),
                            Cublas.CUBLAS_GEMM_DEFAULT()));
        }
    }

    /** Matrices at any places: their addresses lie on the device. */
    private void batched(GemmOperand a, GemmOperand b, boolean add, GemmOperand c, int matrices, Scratch scratch) {
        DType factors = a.view().dtype();
        int type = CudaTypes.blas(factors);
        try (var _ = runtime.calls()) {
            long table = tables.of(a.view(), b.view(), c.view(), scratch).address();
            CudaStatus.blas(
                    "cublasGemmBatchedEx",
                    Cublas.cublasGemmBatchedEx(
                            runtime.blas(),
                            operation(b),
                            operation(a),
                            c.view().size(-1),
                            c.view().size(-2),
                            a.view().size(-1),
                            Scalars.one(factors),
                            MemorySegment.ofAddress(table + (long) matrices * Long.BYTES),
                            type,
                            b.leading(),
                            MemorySegment.ofAddress(table),
                            type,
                            a.leading(),
                            add ? Scalars.one(factors) : Scalars.zero(factors),
                            MemorySegment.ofAddress(table + 2L * matrices * Long.BYTES),
                            CudaTypes.blas(c.view().dtype()),
                            c.leading(),
                            matrices,
                            runtime.computeType(factors),
                            Cublas.CUBLAS_GEMM_DEFAULT()));
        }
    }

    private static int operation(GemmOperand operand) {
        return operand.transposed() ? Cublas.CUBLAS_OP_T() : Cublas.CUBLAS_OP_N();
    }

    @Override
    public void close() {
        try (tables) {
            biased.close();
        }
    }
}
