package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Attention of any kind: products by cuBLAS and own kernels for the rows of scores, which stand in memory together while it runs. For the
 * backward pass it keeps ln Σ exp of each row and computes the rest again.
 */
final class BlasAttention implements AttentionPlan {
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

    @Override
    public long reserveBytes(AttentionOperands on) {
        return on.rows() * on.dtype().byteSize();
    }

    private static View logSumExp(AttentionOperands on, Storage reserve) {
        return new View(reserve, on.dtype(), Layout.contiguous(on.scores().without(3)));
    }

    @Override
    public void forward(AttentionOperands on, View y, @Nullable View weights, @Nullable Storage reserve) {
        boolean isDropping = on.isDropping();
        try (Scratch scratch = new Scratch(runtime.memory())) {
            View scores = weights == null || isDropping ? scratch.view(on.dtype(), on.scores()) : weights;
            matrix.matmul(on.q(), transposed(on.k()), Epilogue.NONE, scores);
            if (on.rows() > 0) {
                try (var _ = runtime.calls()) {
                    begin(on, "attentionSoftmax")
                            .pointer(scores)
                            .pointer(isDropping ? weights : null)
                            .pointer(reserve == null ? null : logSumExp(on, reserve))
                            .overRows(on.rows(), on.keys());
                }
            }
            matrix.matmul(scores, on.v(), Epilogue.NONE, y);
        }
    }

    @Override
    public void backward(AttentionOperands on, AttentionGradients gradients) {
        View dweights = gradients.dweights();
        View dy = gradients.dy();
        try (Scratch scratch = new Scratch(runtime.memory())) {
            View used = scratch.view(on.dtype(), on.scores());
            View dscores = scratch.view(on.dtype(), on.scores());
            matrix.matmul(on.q(), transposed(on.k()), Epilogue.NONE, used);
            matrix.matmul(dy, transposed(on.v()), Epilogue.NONE, dscores);
            if (on.rows() > 0) {
                View upstream = dweights == null || dweights.isContiguous() ? dweights : scratch.copy(dweights);
                try (var _ = runtime.calls()) {
                    begin(on, "attentionBackward")
                            .pointer(used)
                            .pointer(dscores)
                            .pointer(logSumExp(on, gradients.reserve()))
                            .pointer(upstream)
                            .overRows(on.rows(), on.keys());
                }
            }
            matrix.matmul(dscores, on.k(), Epilogue.NONE, gradients.dq());
            matrix.matmul(transposed(dscores), on.q(), Epilogue.NONE, gradients.dk());
            matrix.matmul(transposed(used), dy, Epilogue.NONE, gradients.dv());
        }
    }

    private static View transposed(View view) {
        return view.with(view.layout().transpose(2, 3));
    }

    /** A call with the arguments that both kernels begin with. */
    private KernelCall begin(AttentionOperands on, String kernel) {
        DType dtype = on.dtype();
        KernelCall call = runtime.kernels().call(FAMILY, dtype, kernel);
        masking(on, call.struct(MASKING_BYTES));
        call.scalar(on.call().scale());
        Dropping.write(
                call,
                dtype,
                on.isDropping() ? on.call().stream() : null,
                on.call().dropout());
        return call;
    }

    /** Holds nothing. */
    @Override
    public void close() {}

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
