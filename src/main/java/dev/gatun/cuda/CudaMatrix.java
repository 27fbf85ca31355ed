package dev.gatun.cuda;

import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.Explanation;
import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Matrix products by cuBLAS. BLAS counts by columns: a row-major [rows, columns] matrix is its column-major transpose, so that
 * c = a · b is asked for as cᵀ = bᵀ · aᵀ and no operand moves.
 */
final class CudaMatrix implements MatrixOps, AutoCloseable {
    private final CudaRuntime runtime;
    private final ElementwiseOps elementwise;
    private final FusedProducts fused;
    private final AddressTables tables;

    CudaMatrix(CudaRuntime runtime, ElementwiseOps elementwise) {
        this.runtime = runtime;
        this.elementwise = elementwise;
        this.fused = new FusedProducts(runtime);
        this.tables = new AddressTables(runtime);
    }

    @Override
    public void matmul(View a, View b, Epilogue epilogue, View c) {
        MatrixOps.check(a, b, epilogue, c);
        if (c.elements() == 0) {
            return;
        }
        if (epilogue.addend() != null && epilogue.addend().storage().equals(c.storage())) {
            multiply(a, b, epilogue, c);
        } else {
            runtime.memory().repeatable(() -> multiply(a, b, epilogue, c));
        }
    }

    private void multiply(View a, View b, Epilogue epilogue, View c) {
        View sum = epilogue.argument() == null ? c : epilogue.argument();
        try (Scratch scratch = new Scratch(runtime.memory())) {
            if (a.size(-1) == 0) {
                empty(a, b, epilogue, sum, c, scratch);
                return;
            }
            Product product = new Product(operand(a, scratch), operand(b, scratch), sum);
            if (fuse(product, epilogue, sum, c, scratch)) {
                return;
            }
            if (roundsTwice(epilogue, c)) {
                wide(a, b, epilogue, c, scratch);
                return;
            }
            multiply(product, begin(epilogue, sum), scratch);
            activate(epilogue, sum, c);
        }
    }

    /** The same with sums of no terms. */
    private void empty(View a, View b, Epilogue epilogue, View sum, View c, Scratch scratch) {
        if (roundsTwice(epilogue, c)) {
            wide(a, b, epilogue, c, scratch);
            return;
        }
        if (!begin(epilogue, sum)) {
            runtime.copies().fill(sum, 0);
        }
        activate(epilogue, sum, c);
    }

    /** Whether a result of BF16 or F16 would be rounded on the way to what the epilogue makes of it, call by call. */
    private static boolean roundsTwice(Epilogue epilogue, View c) {
        boolean isSteps = epilogue.activation() != null || (epilogue.bias() != null && epilogue.addend() != null);
        return isSteps && c.dtype() != c.dtype().sumType();
    }

    /** Computes all in F32 and rounds it once. */
    private void wide(View a, View b, Epilogue epilogue, View c, Scratch scratch) {
        View result = scratch.view(c.dtype().sumType(), c.shape());
        View argument = epilogue.argument() == null ? null : scratch.view(result.dtype(), c.shape());
        View bias = widened(epilogue.bias(), scratch);
        multiply(
                a, b, new Epilogue(bias, widened(epilogue.addend(), scratch), epilogue.activation(), argument), result);
        runtime.copies().copy(result, c);
        if (argument != null && epilogue.argument() != null) {
            runtime.copies().copy(argument, epilogue.argument());
        }
    }

    private @Nullable View widened(@Nullable View view, Scratch scratch) {
        if (view == null) {
            return null;
        }
        View wide = scratch.view(view.dtype().sumType(), view.shape());
        runtime.copies().copy(view, wide);
        return wide;
    }

    /** Leaves to cuBLASLt what of the epilogue it can compute; false, with nothing done, where that is nothing. */
    private boolean fuse(Product product, Epilogue epilogue, View sum, View c, Scratch scratch) {
        int rows = product.rowsOfOneMatrix();
        GemmOperand addend = epilogue.addend() == null ? null : product.row(epilogue.addend());
        if (rows == 0 || (epilogue.addend() != null && addend == null)) {
            return false;
        }
        View bias = epilogue.bias() == null || epilogue.bias().isContiguous()
                ? epilogue.bias()
                : scratch.copy(epilogue.bias());
        GemmOperand target = new GemmOperand(c, false, rowStride(c));
        FusedProducts.Call whole = new FusedProducts.Call(
                product.a, product.b, bias, addend, epilogue.activation(), epilogue.argument(), target, rows);
        if (whole.isPlain()) {
            return false;
        }
        if (fused.run(whole)) {
            return true;
        }
        FusedProducts.Call linear = whole.withoutActivation(product.c);
        boolean done =
                epilogue.activation() != null && !roundsTwice(epilogue, c) && !linear.isPlain() && fused.run(linear);
        if (done) {
            activate(epilogue, sum, c);
        }
        return done;
    }

    private void multiply(Product product, boolean add, Scratch scratch) {
        int rows = product.rowsOfOneMatrix();
        if (rows > 0) {
            single(product.a, product.b, add, product.c, rows);
        } else if (product.isStrided()) {
            strided(product, add);
        } else {
            batched(product.a, product.b, add, product.c, product.matrices, scratch);
        }
    }

    /** Puts into the sum what the product is added to; false where that is nothing. */
    private boolean begin(Epilogue epilogue, View sum) {
        View addend = epilogue.addend();
        View bias = epilogue.bias();
        if (addend != null && !addend.equals(sum)) {
            runtime.copies().copy(addend, sum);
        }
        if (bias != null) {
            View repeated = bias.with(bias.layout().broadcastTo("matmul", sum.shape()));
            if (addend != null) {
                runtime.copies().accumulate(repeated, sum);
            } else {
                runtime.copies().copy(repeated, sum);
            }
        }
        return addend != null || bias != null;
    }

    private void activate(Epilogue epilogue, View sum, View c) {
        if (epilogue.activation() != null) {
            elementwise.unary(epilogue.activation(), sum, c);
        }
    }

    /** Which way activations went, and why not the fastest. */
    List<Explanation> explanations() {
        return fused.explanations();
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

        /** Another view of c's shape as rows of one matrix; null where it does not lie so. */
        @Nullable
        GemmOperand row(View view) {
            if (view.equals(c.view())) {
                return c;
            }
            GemmOperand operand = GemmOperand.of(view);
            if (operand == null || operand.transposed()) {
                return null;
            }
            Long stride = operand.batchStride(matrices);
            return matrices == 1 || (stride != null && continues(operand, stride)) ? operand : null;
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
            fused.close();
        }
    }
}
