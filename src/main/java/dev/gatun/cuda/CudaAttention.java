package dev.gatun.cuda;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.AttentionOps;
import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** Scaled dot-product attention on a GPU. */
final class CudaAttention implements AttentionOps {
    private final BlasAttention blas;

    CudaAttention(CudaRuntime runtime, MatrixOps matrix) {
        this.blas = new BlasAttention(runtime, matrix);
    }

    @Override
    public void forward(
            AttentionCall call,
            View q,
            View k,
            View v,
            @Nullable View mask,
            @Nullable View keyPadding,
            View y,
            @Nullable View weights,
            @Nullable View logSumExp) {
        blas.forward(new AttentionOperands(call, q, k, v, mask, keyPadding), y, weights, logSumExp);
    }

    @Override
    public void backward(
            AttentionCall call,
            View q,
            View k,
            View v,
            @Nullable View mask,
            @Nullable View keyPadding,
            View y,
            View logSumExp,
            View dy,
            @Nullable View dweights,
            View dq,
            View dk,
            View dv) {
        AttentionOperands on = new AttentionOperands(call, q, k, v, mask, keyPadding);
        blas.backward(on, logSumExp, dy, dweights, dq, dk, dv);
    }
}
