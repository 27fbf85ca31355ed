package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cublas;
import dev.gatun.cuda.binding.cublasLtMatmulAlgo_t;
import dev.gatun.cuda.binding.cublasLtMatmulHeuristicResult_t;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** A product and its epilogue as cuBLASLt describes them: descriptors, and the algorithm its heuristic holds for the fastest. */
final class LtPlan implements AutoCloseable {
    /** Work space that an algorithm may use: what NVIDIA advises for its data-centre GPUs. */
    static final long WORK_BYTES = 32L << 20;

    /**
     * What tells products apart, in BLAS's order: d [rows, columns] = epilogue(op(a) op(b) + addend), by columns.
     *
     * @param factors the type of a and b
     * @param result the type of d, and of all that its epilogue names
     * @param rows rows of d
     * @param columns columns of d
     * @param inner the sum's length
     * @param first the left operand
     * @param second the right operand
     * @param addend elements between columns of the addend, 0 for none
     * @param leading elements between columns of d
     * @param epilogue cuBLASLt's number of it
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
            int addend,
            int leading,
            int epilogue,
            int alignment) {}

    /** Where the operands of one call lie, as BLAS counts them; NULL for what is absent. */
    record Pointers(
            MemorySegment left,
            MemorySegment right,
            MemorySegment bias,
            MemorySegment addend,
            MemorySegment argument,
            MemorySegment target) {
        /** The largest power of two, up to a widest one, that divides all addresses. */
        int alignment(int widest) {
            long bits = widest | left.address() | right.address() | bias.address() | addend.address();
            return (int) Long.lowestOneBit(bits | argument.address() | target.address());
        }
    }

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
    private final MemorySegment c;
    private final MemorySegment d;
    private final MemorySegment algorithm;
    private final boolean supported;

    /** The bias and the argument that the descriptor names. */
    private long lastBias;

    private long lastArgument;

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
            set(Cublas.CUBLASLT_MATMUL_DESC_EPILOGUE(), key.epilogue());
            promise(key);
            a = layout(key.factors(), key.first(), key.rows(), key.inner());
            b = layout(key.factors(), key.second(), key.inner(), key.columns());
            d = layout(key.result(), new Side(false, key.leading()), key.rows(), key.columns());
            boolean isLikeD = key.addend() == 0 || key.addend() == key.leading();
            c = isLikeD ? d : layout(key.result(), new Side(false, key.addend()), key.rows(), key.columns());
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

    /** Names addresses that are aligned as those to come, for the heuristic reads no more from them; and the arguments' layout. */
    private void promise(Key key) {
        lastBias = key.alignment();
        lastArgument = key.alignment();
        point(Cublas.CUBLASLT_MATMUL_DESC_BIAS_POINTER(), lastBias);
        boolean keeps = key.epilogue() == Cublas.CUBLASLT_EPILOGUE_GELU_AUX()
                || key.epilogue() == Cublas.CUBLASLT_EPILOGUE_GELU_AUX_BIAS();
        if (keeps) {
            point(Cublas.CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER(), lastArgument);
            try (Arena slots = Arena.ofConfined()) {
                MemorySegment leading = slots.allocateFrom(ValueLayout.JAVA_LONG, key.rows());
                set(Cublas.CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_LD(), leading);
            }
        }
    }

    private void point(int attribute, long address) {
        try (Arena slots = Arena.ofConfined()) {
            set(attribute, slots.allocateFrom(ValueLayout.JAVA_LONG, address));
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

    /** Parts of sums are added in the type in which they were summed, not rounded to the result's before. */
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
            prefer(
                    preference,
                    Cublas.CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK(),
                    slots.allocateFrom(ValueLayout.JAVA_INT, Cublas.CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE()));
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
                    runtime.blasLt(), operation, a, b, c, d, preference, 1, result, count);
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

    /** Queues the product. What is absent in a call is so in all of a plan's. */
    void run(CudaRuntime runtime, DType factors, Pointers at, MemorySegment work) {
        if (at.bias().address() != 0 && at.bias().address() != lastBias) {
            point(Cublas.CUBLASLT_MATMUL_DESC_BIAS_POINTER(), at.bias().address());
            lastBias = at.bias().address();
        }
        if (at.argument().address() != 0 && at.argument().address() != lastArgument) {
            point(
                    Cublas.CUBLASLT_MATMUL_DESC_EPILOGUE_AUX_POINTER(),
                    at.argument().address());
            lastArgument = at.argument().address();
        }
        boolean adds = at.addend().address() != 0;
        CudaStatus.blas(
                "cublasLtMatmul",
                Cublas.cublasLtMatmul(
                        runtime.blasLt(),
                        operation,
                        Scalars.one(factors),
                        at.left(),
                        a,
                        at.right(),
                        b,
                        adds ? Scalars.one(factors) : Scalars.zero(factors),
                        adds ? at.addend() : at.target(),
                        c,
                        at.target(),
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
