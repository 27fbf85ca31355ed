package dev.gatun.cuda;

import dev.gatun.backend.Precision;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Attention by cuDNN's graph API, which computes it in one kernel, in F16 or BF16: operands are rounded on the way in, sums are F32, and
 * scores never stand in memory. Kept for the backward pass is ln Σ exp of each query's scores, F32.
 */
final class GraphPlan implements AttentionPlan {
    /** The first version that has the operation with its masks. */
    private static final long FIRST_VERSION = 92100;

    private final CudaRuntime runtime;
    private final DType dtype;
    private final Handles handles = new Handles();
    private final AttentionGraph forward;
    private final @Nullable AttentionGraph backward;

    /** Throws a {@link CudnnRefusal} where cuDNN has no engine. */
    GraphPlan(CudaRuntime runtime, AttentionKey key) {
        this.runtime = runtime;
        this.dtype = key.precision() == Precision.BF16 ? DType.BF16 : DType.F16;
        boolean made = false;
        try {
            forward = new AttentionGraph(runtime, key, dtype, false);
            handles.own(forward::close);
            backward = key.recording() ? new AttentionGraph(runtime, key, dtype, true) : null;
            if (backward != null) {
                handles.own(backward::close);
            }
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    /** Why it does not take such calls, as far as can be said without asking cuDNN; null where it may. */
    static @Nullable String refusal(AttentionKey key) {
        long version = Cudnn.cudnnGetVersion();
        if (key.dtype() != DType.F32) {
            return "its numbers are " + key.dtype();
        }
        if (key.precision() != Precision.BF16 && key.precision() != Precision.F16) {
            return "products are computed in " + key.precision() + ": Device.allow lets them be in BF16 or F16";
        }
        return version < FIRST_VERSION ? "cuDNN is of version " + version + ", before 9.21" : key.special();
    }

    @Override
    public long reserveBytes(AttentionOperands on) {
        return on.rows() * Float.BYTES;
    }

    @Override
    public void forward(AttentionOperands on, View y, @Nullable View weights, @Nullable Storage reserve) {
        try (Scratch scratch = new Scratch(runtime.memory())) {
            Map<AttentionTensor, MemorySegment> pointers = inputs(on, scratch);
            View rounded = result(pointers, AttentionTensor.Y, y, scratch);
            if (reserve != null) {
                pointers.put(AttentionTensor.LOG_SUM_EXP, runtime.memory().pointer(reserve, 0));
            }
            forward.execute(pointers, scratch);
            runtime.memory().copy(rounded, y);
        }
    }

    @Override
    public void backward(AttentionOperands on, AttentionGradients gradients) {
        if (backward == null) {
            throw new IllegalStateException("attention: this plan has no backward pass");
        }
        try (Scratch scratch = new Scratch(runtime.memory())) {
            Map<AttentionTensor, MemorySegment> pointers = inputs(on, scratch);
            pointers.put(AttentionTensor.Y, rounded(gradients.y(), scratch));
            pointers.put(AttentionTensor.DY, rounded(gradients.dy(), scratch));
            pointers.put(AttentionTensor.LOG_SUM_EXP, runtime.memory().pointer(gradients.reserve(), 0));
            View dq = result(pointers, AttentionTensor.DQ, gradients.dq(), scratch);
            View dk = result(pointers, AttentionTensor.DK, gradients.dk(), scratch);
            View dv = result(pointers, AttentionTensor.DV, gradients.dv(), scratch);
            backward.execute(pointers, scratch);
            runtime.memory().copy(dq, gradients.dq());
            runtime.memory().copy(dk, gradients.dk());
            runtime.memory().copy(dv, gradients.dv());
            View padding = on.keyPadding();
            if (padding != null) {
                new PaddedKeys(runtime).clear(padding, gradients.dk(), gradients.dv());
            }
        }
    }

    private Map<AttentionTensor, MemorySegment> inputs(AttentionOperands on, Scratch scratch) {
        Map<AttentionTensor, MemorySegment> pointers = new EnumMap<>(AttentionTensor.class);
        pointers.put(AttentionTensor.Q, rounded(on.q(), scratch));
        pointers.put(AttentionTensor.K, rounded(on.k(), scratch));
        pointers.put(AttentionTensor.V, rounded(on.v(), scratch));
        View lengths = on.lengths();
        if (lengths != null) {
            View whole = scratch.view(DType.I32, Shape.of(on.batch()));
            runtime.memory().fill(whole, on.queries());
            pointers.put(AttentionTensor.QUERY_LENGTHS, runtime.memory().pointer(whole));
            pointers.put(AttentionTensor.KEY_LENGTHS, runtime.memory().pointer(lengths));
        }
        return pointers;
    }

    private MemorySegment rounded(View view, Scratch scratch) {
        View rounded = scratch.view(dtype, view.shape());
        runtime.memory().copy(view, rounded);
        return runtime.memory().pointer(rounded);
    }

    private View result(
            Map<AttentionTensor, MemorySegment> pointers, AttentionTensor tensor, View like, Scratch scratch) {
        View result = scratch.view(dtype, like.shape());
        pointers.put(tensor, runtime.memory().pointer(result));
        return result;
    }

    @Override
    public void close() {
        handles.close();
    }
}
