package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Attention of any kind: products by cuBLAS and own kernels for the rows of scores, which stand in memory together while it runs. For the
 * backward pass it keeps ln Σ exp of each row and computes the rest again.
 */
final class BlasAttention {
    private static final String FAMILY = "attention";

    /** Size of the kernels' {@code Masking}, and its constants. */
    private static final long MASKING_BYTES = 12L * Long.BYTES + 2L * Integer.BYTES;

    private static final int NO_MASK = 0;
    private static final int BLOCKING = 1;
    private static final int ADDED = 2;

    private final CudaRuntime runtime;
    private final MatrixOps matrix;

    BlasAttention(CudaRuntime runtime, MatrixOps matrix) {
        this.runtime = runtime;
        this.matrix = matrix;
    }

    void forward(AttentionOperands on, View y, @Nullable View weights, @Nullable View logSumExp) {
        boolean isDropping = stream(on) != null;
        try (var _ = runtime.calls();
                Scratch scratch = new Scratch(runtime.memory())) {
            View scores = weights == null || isDropping ? scratch.view(on.dtype(), on.scores()) : weights;
            matrix.matmul(on.q(), transposed(on.k()), null, false, scores);
            if (on.rows() > 0) {
                begin(on, "attentionSoftmax")
                        .pointer(scores)
                        .pointer(isDropping ? weights : null)
                        .pointer(logSumExp)
                        .overRows(on.rows(), on.keys());
            }
            matrix.matmul(scores, on.v(), null, false, y);
        }
    }

    void backward(AttentionOperands on, View logSumExp, View dy, @Nullable View dweights, View dq, View dk, View dv) {
        try (var _ = runtime.calls();
                Scratch scratch = new Scratch(runtime.memory())) {
            View used = scratch.view(on.dtype(), on.scores());
            View dscores = scratch.view(on.dtype(), on.scores());
            matrix.matmul(on.q(), transposed(on.k()), null, false, used);
            matrix.matmul(dy, transposed(on.v()), null, false, dscores);
            if (on.rows() > 0) {
                View upstream = dweights == null || dweights.isContiguous() ? dweights : scratch.copy(dweights);
                begin(on, "attentionBackward")
                        .pointer(used)
                        .pointer(dscores)
                        .pointer(logSumExp)
                        .pointer(upstream)
                        .overRows(on.rows(), on.keys());
            }
            matrix.matmul(dscores, on.k(), null, false, dq);
            matrix.matmul(transposed(dscores), on.q(), null, false, dk);
            matrix.matmul(transposed(used), dy, null, false, dv);
        }
    }

    private static View transposed(View view) {
        return view.with(view.layout().transpose(2, 3));
    }

    private static @Nullable RandomStream stream(AttentionOperands on) {
        return on.call().dropout() == 0 ? null : on.call().stream();
    }

    /** A call with the arguments that both kernels begin with. */
    private KernelCall begin(AttentionOperands on, String kernel) {
        DType dtype = on.dtype();
        KernelCall call = runtime.kernels().call(FAMILY, dtype, kernel);
        masking(on, call.struct(MASKING_BYTES));
        call.scalar(on.call().scale());
        Dropping.write(call, dtype, stream(on), on.call().dropout());
        return call;
    }

    private void masking(AttentionOperands on, MemorySegment struct) {
        View mask = on.mask();
        View padding = on.keyPadding();
        CudaMemory memory = runtime.memory();
        struct.setAtIndex(JAVA_LONG, 0, on.batch());
        struct.setAtIndex(JAVA_LONG, 1, on.heads());
        struct.setAtIndex(JAVA_LONG, 2, on.queries());
        struct.setAtIndex(JAVA_LONG, 3, on.keys());
        struct.setAtIndex(ADDRESS, 4, memory.pointerOrNull(mask));
        for (int axis = 0; axis < 4; axis++) {
            struct.setAtIndex(
                    JAVA_LONG, 5 + axis, mask == null ? 0 : mask.layout().stride(axis));
        }
        struct.setAtIndex(ADDRESS, 9, memory.pointerOrNull(padding));
        for (int axis = 0; axis < 2; axis++) {
            struct.setAtIndex(
                    JAVA_LONG, 10 + axis, padding == null ? 0 : padding.layout().stride(axis));
        }
        int kind = mask == null ? NO_MASK : mask.dtype() == DType.BOOL ? BLOCKING : ADDED;
        struct.set(JAVA_INT, 12L * Long.BYTES, kind);
        struct.set(JAVA_INT, 12L * Long.BYTES + Integer.BYTES, on.call().causal() ? 1 : 0);
    }
}
