package dev.gatun.cpu;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.AttentionOps;
import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** Attention a block of queries at a time: the scores of all queries never stand in memory together, unless they are asked for. */
final class CpuAttention implements AttentionOps {
    private final CpuRuntime runtime;

    CpuAttention(CpuRuntime runtime) {
        this.runtime = runtime;
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
        AttentionProblem problem = new AttentionProblem(runtime, call, q, k, v, mask, keyPadding);
        AttentionForward.run(runtime, problem, y, weights, logSumExp);
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
        AttentionProblem problem = new AttentionProblem(runtime, call, q, k, v, mask, keyPadding);
        AttentionBackward.Upstream upstream = new AttentionBackward.Upstream(y, logSumExp, dy, dweights);
        AttentionBackward.run(runtime, problem, upstream, new AttentionBackward.Result(dq, dk, dv));
    }
}
