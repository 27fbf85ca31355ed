package dev.gatun.cpu;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.AttentionOps;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Attention a block of queries at a time: the scores of all queries never stand in memory together, unless they are asked for. Kept for
 * the backward pass is ln Σ exp of each query's masked scores, −∞ where there are none: [batch, heads, queries].
 */
final class CpuAttention implements AttentionOps {
    private final CpuRuntime runtime;

    CpuAttention(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public long reserveBytes(
            AttentionCall call, View q, View k, View v, @Nullable View mask, @Nullable View keyPadding) {
        return rows(q).elements() * q.dtype().byteSize();
    }

    private static Shape rows(View q) {
        return q.shape().without(3);
    }

    private static View logSumExp(View q, Storage reserve) {
        return new View(reserve, q.dtype(), Layout.contiguous(rows(q)));
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
            @Nullable Storage reserve) {
        AttentionProblem problem =
                new AttentionProblem(runtime, call, q, k, v, mask, keyPadding, AttentionProblem.FORWARD_QUERIES);
        AttentionForward.run(runtime, problem, y, weights, reserve == null ? null : logSumExp(q, reserve));
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
            Storage reserve,
            View dy,
            @Nullable View dweights,
            View dq,
            View dk,
            View dv) {
        AttentionProblem problem =
                new AttentionProblem(runtime, call, q, k, v, mask, keyPadding, AttentionProblem.BACKWARD_QUERIES);
        AttentionBackward.Upstream upstream = new AttentionBackward.Upstream(y, logSumExp(q, reserve), dy, dweights);
        AttentionBackward.run(runtime, problem, upstream, new AttentionBackward.Result(dq, dk, dv));
    }
}
