package dev.gatun.cuda;

import dev.gatun.backend.Explanation;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cublas;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Products whose epilogues cuBLASLt computes while the result is still in registers: one call each. */
final class FusedProducts implements AutoCloseable {
    private static final int PLANS = 512;
    private static final int EXPLANATIONS = 64;
    private static final int WIDEST_ALIGNMENT = 256;

    /** Of this the distance between the columns of kept arguments must be a multiple. */
    private static final int ARGUMENT_GRAIN = 8;

    /**
     * One product of row-major matrices and its epilogue, as {@link dev.gatun.backend.Epilogue} has it.
     *
     * @param rows rows of a and c, which may be those of several matrices that follow one another
     */
    record Call(
            GemmOperand a,
            GemmOperand b,
            @Nullable View bias,
            @Nullable GemmOperand addend,
            @Nullable UnaryFunction activation,
            @Nullable View argument,
            GemmOperand c,
            int rows) {
        /** The same without activation, its sum in memory of the same layout. */
        Call withoutActivation(GemmOperand sum) {
            return new Call(a, b, bias, addend, null, null, sum, rows);
        }

        int inner() {
            return a.view().size(-1);
        }

        int columns() {
            return c.view().size(-1);
        }

        /** Whether there is anything that a plain product lacks. */
        boolean isPlain() {
            return bias == null && activation == null && (addend == null || addend.equals(c));
        }
    }

    /** What tells explanations apart. */
    private record Kind(
            String types, int rows, int inner, int columns, String epilogue, UnaryFunction activation, boolean keeps) {
        @Override
        public String toString() {
            return "matmul " + types + " [" + rows + ", " + inner + "] × [" + inner + ", " + columns + "]" + epilogue
                    + ", " + activation + (keeps ? ", keeps its argument" : "");
        }
    }

    private final CudaRuntime runtime;
    private final PlanCache<LtPlan.Key, LtPlan> plans = new PlanCache<>(PLANS, LtPlan::close);
    private final PlanCache<Kind, Explanation> explanations = new PlanCache<>(EXPLANATIONS, _ -> {});
    private final Handles handles = new Handles();
    private @Nullable MemorySegment work;

    FusedProducts(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /** Computes it; false, with nothing done, where cuBLASLt has no epilogue or no algorithm for it. */
    boolean run(Call call) {
        try (var _ = runtime.calls()) {
            String refusal = refusal(call);
            boolean done = refusal == null && multiply(call);
            if (call.activation() != null) {
                explain(call, call.activation(), refusal == null && !done ? "it has no algorithm for it" : refusal);
            }
            return done;
        }
    }

    /** Why cuBLASLt has no epilogue for a call; null where it has one. Its GELU is the one with tanh. */
    private static @Nullable String refusal(Call call) {
        UnaryFunction activation = call.activation();
        if (activation == null) {
            return null;
        }
        return switch (activation) {
            case RELU -> call.argument() == null ? null : "it keeps no argument of RELU";
            case GELU_TANH ->
                call.argument() == null || call.columns() % ARGUMENT_GRAIN == 0
                        ? null
                        : "it keeps arguments in rows of a multiple of " + ARGUMENT_GRAIN;
            default -> "it has no " + activation;
        };
    }

    private static int epilogue(Call call) {
        boolean bias = call.bias() != null;
        if (call.activation() == null) {
            return bias ? Cublas.CUBLASLT_EPILOGUE_BIAS() : Cublas.CUBLASLT_EPILOGUE_DEFAULT();
        }
        if (call.activation() == UnaryFunction.RELU) {
            return bias ? Cublas.CUBLASLT_EPILOGUE_RELU_BIAS() : Cublas.CUBLASLT_EPILOGUE_RELU();
        }
        if (call.argument() == null) {
            return bias ? Cublas.CUBLASLT_EPILOGUE_GELU_BIAS() : Cublas.CUBLASLT_EPILOGUE_GELU();
        }
        return bias ? Cublas.CUBLASLT_EPILOGUE_GELU_AUX_BIAS() : Cublas.CUBLASLT_EPILOGUE_GELU_AUX();
    }

    private boolean multiply(Call call) {
        DType factors = call.a().view().dtype();
        LtPlan.Pointers at = pointers(call);
        LtPlan.Key key = new LtPlan.Key(
                factors,
                call.c().view().dtype(),
                runtime.computeType(factors),
                /* rows= */ call.columns(),
                /* columns= */ call.rows(),
                call.inner(),
                new LtPlan.Side(call.b().transposed(), call.b().leading()),
                new LtPlan.Side(call.a().transposed(), call.a().leading()),
                call.addend() == null ? 0 : call.addend().leading(),
                call.c().leading(),
                epilogue(call),
                at.alignment(WIDEST_ALIGNMENT));
        LtPlan plan = plans.get(key, missing -> new LtPlan(runtime, missing));
        if (plan.supported()) {
            plan.run(runtime, factors, at, work());
        }
        return plan.supported();
    }

    private LtPlan.Pointers pointers(Call call) {
        CudaMemory memory = runtime.memory();
        return new LtPlan.Pointers(
                memory.pointer(call.b().view()),
                memory.pointer(call.a().view()),
                call.bias() == null ? MemorySegment.NULL : memory.pointer(call.bias()),
                call.addend() == null
                        ? MemorySegment.NULL
                        : memory.pointer(call.addend().view()),
                call.argument() == null ? MemorySegment.NULL : memory.pointer(call.argument()),
                memory.pointer(call.c().view()));
    }

    private MemorySegment work() {
        MemorySegment known = work;
        if (known == null) {
            known = runtime.memory().reserve(LtPlan.WORK_BYTES, handles);
            work = known;
        }
        return known;
    }

    private void explain(Call call, UnaryFunction activation, @Nullable String refusal) {
        String epilogue = (call.bias() == null ? "" : " + bias") + (call.addend() == null ? "" : " + addend");
        DType factors = call.a().view().dtype();
        DType result = call.c().view().dtype();
        Kind kind = new Kind(
                factors == result ? factors.toString() : factors + " to " + result,
                call.rows(),
                call.inner(),
                call.columns(),
                epilogue,
                activation,
                call.argument() != null);
        explanations.get(
                kind,
                _ -> refusal == null
                        ? new Explanation(kind.toString(), "cuBLASLt's epilogue", "")
                        : new Explanation(kind.toString(), "an own kernel", "cuBLASLt's epilogue, because " + refusal));
    }

    /** Which way activations went, for the last calls that differ. */
    List<Explanation> explanations() {
        try (var _ = runtime.calls()) {
            return explanations.values();
        }
    }

    @Override
    public void close() {
        try (handles) {
            plans.close();
        }
    }
}
