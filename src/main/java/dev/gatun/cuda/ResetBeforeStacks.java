package dev.gatun.cuda;

import dev.gatun.backend.Backend;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.DType;
import org.jspecify.annotations.Nullable;

/**
 * Stacks of GRUs that reset before the product, which cuDNN lacks: products by cuBLAS, gates by own kernels, step by step. Everything
 * inside is time-major, [steps, batch, ...], so that one product serves all steps wherever steps do not wait for each other.
 */
final class ResetBeforeStacks implements RecurrentOps {
    private final CudaRuntime runtime;
    private final Backend backend;

    /** Stacks whose products, sums and dropout are other families' of the same backend. */
    ResetBeforeStacks(CudaRuntime runtime, Backend backend) {
        this.runtime = runtime;
        this.backend = backend;
    }

    @Override
    public WeightLayout weightLayout(RecurrentSpec spec) {
        return WeightLayout.packed(spec);
    }

    @Override
    public long reserveBytes(RecurrentCall call, DType dtype) {
        return new ResetBeforeReserve(call, dtype).bytes();
    }

    @Override
    public void forward(
            RecurrentCall call,
            View x,
            @Nullable View h0,
            @Nullable View c0,
            View weights,
            View y,
            View hn,
            @Nullable View cn,
            @Nullable Storage reserve) {
        try (var _ = runtime.calls();
                Scratch scratch = new Scratch(runtime.memory())) {
            ResetBeforeReserve kept = new ResetBeforeReserve(call, x.dtype());
            Storage storage = reserve == null ? scratch.storage(kept.bytes()) : reserve;
            ResetBeforeSteps steps =
                    new ResetBeforeSteps(runtime, backend.matrix(), call, weights, kept, storage, scratch);
            new ResetBeforeForward(runtime.memory(), backend.random(), backend.elementwise(), steps).run(x, h0, y, hn);
        }
    }

    @Override
    public void backward(
            RecurrentCall call,
            View x,
            @Nullable View h0,
            @Nullable View c0,
            View weights,
            View y,
            Storage reserve,
            @Nullable View dy,
            @Nullable View dhn,
            @Nullable View dcn,
            @Nullable View dx,
            @Nullable View dh0,
            @Nullable View dc0,
            @Nullable View dweights) {
        try (var _ = runtime.calls();
                Scratch scratch = new Scratch(runtime.memory())) {
            ResetBeforeReserve kept = new ResetBeforeReserve(call, x.dtype());
            ResetBeforeSteps steps =
                    new ResetBeforeSteps(runtime, backend.matrix(), call, weights, kept, reserve, scratch);
            new ResetBeforeBackward(runtime.memory(), backend.random(), backend.reduction(), steps)
                    .run(dy, dhn, dx, dh0, dweights);
        }
    }
}
