package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.cublasLtMatmulAlgo_t;
import dev.gatun.cuda.binding.cublasLtMatmulHeuristicResult_t;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A product with a bias as cuBLASLt describes it: descriptors, and the algorithm its heuristic holds for the fastest. */
final class LtPlan implements AutoCloseable {
    /** Work space that an algorithm may use: what NVIDIA advises for its data-centre GPUs. */
    static final long WORK_BYTES = 32L << 20;

    /**
     * What tells products apart, in BLAS's order: d [rows, columns] = op(a) op(b) + bias, by columns.
     *
     * @param factors the type of a and b
     * @param result the type of d and bias
     * @param rows rows of d
     * @param columns columns of d
     * @param inner the sum's length
     * @param first the left operand
     * @param second the right operand
     * @param leading elements between columns of d
     * @param alignment bytes of which every address is a multiple
     */
    record Key(
            DType factors,
            DType result,
            int computeType,
            int rows,
            int columns,
            int inner,
            Side first,
            Side second,
            int leading,
            int alignment) {}

    /** How an operand lies. */
    record Side(boolean transposed, int leading) {
        int operation() {
            return transposed ? Cublas.CUBLAS_OP_T() : Cublas.CUBLAS_OP_N();
        }
    }

    private final Handles handles = new Handles();
    private final Arena arena = Arena.ofShared();
    private final MemorySegment operation;
    private final MemorySegment a;
    private final MemorySegment b;
    private final MemorySegment d;
    private final MemorySegment algorithm;
    private final boolean supported;

    /** The bias that the descriptor names. */
    private long lastBias;

    LtPlan(CudaRuntime runtime, Key key) {
        handles.own(arena::close);
        boolean made = false;
        try {
            int scale = key.factors() == DType.F64 ? Cublas.CUDA_R_64F() : Cublas.CUDA_R_32F();
            operation = handles.open(
                    slot -> CudaStatus.blas(
                            "cublasLtMatmulDescCreate",
                            Cublas.cublasLtMatmulDescCreate(slot, key.computeType(), scale)),
                    handle -> CudaStatus.blas("cublasLtMatmulDescDestroy", Cublas.cublasLtMatmulDescDestroy(handle)));
            set(Cublas.CUBLASLT_MATMUL_DESC_TRANSA(), key.first().operation());
            set(Cublas.CUBLASLT_MATMUL_DESC_TRANSB(), key.second().operation());
            set(Cublas.CUBLASLT_MATMUL_DESC_EPILOGUE(), Cublas.CUBLASLT_EPILOGUE_BIAS());
            a = layout(key.factors(), key.first(), key.rows(), key.inner());
            b = layout(key.factors(), key.second(), key.inner(), key.columns());
            d = layout(key.result(), new Side(false, key.leading()), key.rows(), key.columns());
            algorithm = cublasLtMatmulAlgo_t.allocate(arena);
            try (Handles temporary = new Handles()) {
                supported = choose(runtime, preference(temporary, key.alignment()));
            }
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    private void set(int attribute, int value) {
        try (Arena slots = Arena.ofConfined()) {
            set(attribute, slots.allocateFrom(ValueLayout.JAVA_INT, value));
        }
    }

    private void set(int attribute, MemorySegment value) {
        CudaStatus.blas(
                "cublasLtMatmulDescSetAttribute",
                Cublas.cublasLtMatmulDescSetAttribute(operation, attribute, value, value.byteSize()));
    }

    /** @param rows of the operand after it was transposed or not */
    private MemorySegment layout(DType dtype, Side side, int rows, int columns) {
        return handles.open(
                slot -> CudaStatus.blas(
                        "cublasLtMatrixLayoutCreate",
                        Cublas.cublasLtMatrixLayoutCreate(
                                slot,
                                CudaTypes.blas(dtype),
                                side.transposed() ? columns : rows,
                                side.transposed() ? rows : columns,
                                side.leading())),
                handle -> CudaStatus.blas("cublasLtMatrixLayoutDestroy", Cublas.cublasLtMatrixLayoutDestroy(handle)));
    }

    private static MemorySegment preference(Handles handles, int alignment) {
        MemorySegment preference = handles.open(
                slot -> CudaStatus.blas("cublasLtMatmulPreferenceCreate", Cublas.cublasLtMatmulPreferenceCreate(slot)),
                handle -> CudaStatus.blas(
                        "cublasLtMatmulPreferenceDestroy", Cublas.cublasLtMatmulPreferenceDestroy(handle)));
        try (Arena slots = Arena.ofConfined()) {
            prefer(
                    preference,
                    Cublas.CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES(),
                    slots.allocateFrom(ValueLayout.JAVA_LONG, WORK_BYTES));
            int[] alignments = {
                Cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES(),
                Cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES(),
                Cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES(),
                Cublas.CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES()
            };
            for (int attribute : alignments) {
                prefer(preference, attribute, slots.allocateFrom(ValueLayout.JAVA_INT, alignment));
            }
        }
        return preference;
    }

    private static void prefer(MemorySegment preference, int attribute, MemorySegment value) {
        CudaStatus.blas(
                "cublasLtMatmulPreferenceSetAttribute",
                Cublas.cublasLtMatmulPreferenceSetAttribute(preference, attribute, value, value.byteSize()));
    }

    /** The heuristic's first choice; false where it has none. */
    private boolean choose(CudaRuntime runtime, MemorySegment preference) {
        try (Arena slots = Arena.ofConfined()) {
            MemorySegment result = cublasLtMatmulHeuristicResult_t.allocate(slots);
            MemorySegment count = slots.allocate(ValueLayout.JAVA_INT);
            int status = Cublas.cublasLtMatmulAlgoGetHeuristic(
                    runtime.blasLt(), operation, a, b, d, d, preference, 1, result, count);
            if (status == Cublas.CUBLAS_STATUS_NOT_SUPPORTED()) {
                return false;
            }
            CudaStatus.blas("cublasLtMatmulAlgoGetHeuristic", status);
            algorithm.copyFrom(cublasLtMatmulHeuristicResult_t.algo(result));
            return count.get(ValueLayout.JAVA_INT, 0) > 0;
        }
    }

    /** Whether cuBLASLt has an algorithm for it. */
    boolean supported() {
        return supported;
    }

    /** Queues the product; addresses as BLAS counts operands. */
    void run(
            CudaRuntime runtime,
            DType factors,
            MemorySegment left,
            MemorySegment right,
            MemorySegment bias,
            MemorySegment target,
            MemorySegment work) {
        if (bias.address() != lastBias) {
            try (Arena slots = Arena.ofConfined()) {
                set(Cublas.CUBLASLT_MATMUL_DESC_BIAS_POINTER(), slots.allocateFrom(ValueLayout.ADDRESS, bias));
            }
            lastBias = bias.address();
        }
        CudaStatus.blas(
                "cublasLtMatmul",
                Cublas.cublasLtMatmul(
                        runtime.blasLt(),
                        operation,
                        Scalars.one(factors),
                        left,
                        a,
                        right,
                        b,
                        Scalars.zero(factors),
                        target,
                        d,
                        target,
                        d,
                        algorithm,
                        work,
                        WORK_BYTES,
                        runtime.stream()));
    }

    @Override
    public void close() {
        handles.close();
    }
}
