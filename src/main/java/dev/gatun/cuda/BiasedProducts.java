package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** Products with a bias in one call of cuBLASLt, which adds it while the result is still in registers. */
final class BiasedProducts implements AutoCloseable {
    private static final int PLANS = 512;
    private static final int WIDEST_ALIGNMENT = 256;

    private final CudaRuntime runtime;
    private final PlanCache<LtPlan.Key, LtPlan> plans = new PlanCache<>(PLANS, LtPlan::close);
    private final Handles handles = new Handles();
    private @Nullable MemorySegment work;

    BiasedProducts(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /**
     * c = a · b + bias, of row-major matrices; false, with nothing done, where cuBLASLt has no algorithm for them.
     *
     * @param rows rows of a and c, which may be those of several matrices that follow one another
     */
    boolean run(GemmOperand a, GemmOperand b, View bias, GemmOperand c, int rows) {
        DType factors = a.view().dtype();
        CudaMemory memory = runtime.memory();
        MemorySegment left = memory.pointer(b.view());
        MemorySegment right = memory.pointer(a.view());
        MemorySegment added = memory.pointer(bias);
        MemorySegment target = memory.pointer(c.view());
        try (var _ = runtime.calls()) {
            LtPlan.Key key = new LtPlan.Key(
                    factors,
                    c.view().dtype(),
                    runtime.computeType(factors),
                    c.view().size(-1),
                    rows,
                    a.view().size(-1),
                    new LtPlan.Side(b.transposed(), b.leading()),
                    new LtPlan.Side(a.transposed(), a.leading()),
                    c.leading(),
                    alignment(left, right, added, target));
            LtPlan plan = plans.get(key, missing -> new LtPlan(runtime, missing));
            if (plan.supported()) {
                plan.run(runtime, factors, left, right, added, target, work());
            }
            return plan.supported();
        }
    }

    /** The largest power of two up to {@value #WIDEST_ALIGNMENT} that divides all addresses. */
    private static int alignment(MemorySegment... addresses) {
        long bits = WIDEST_ALIGNMENT;
        for (MemorySegment address : addresses) {
            bits |= address.address();
        }
        return (int) Long.lowestOneBit(bits);
    }

    private MemorySegment work() {
        MemorySegment known = work;
        if (known == null) {
            known = runtime.memory().reserve(LtPlan.WORK_BYTES, handles);
            work = known;
        }
        return known;
    }

    @Override
    public void close() {
        try (handles) {
            plans.close();
        }
    }
}
