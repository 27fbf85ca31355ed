package dev.gatun.cuda;

import dev.gatun.backend.Backend;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.DType;
import org.jspecify.annotations.Nullable;

/** Recurrent stacks by cuDNN, and by own steps where cuDNN has no such cell. */
final class CudaRecurrent implements RecurrentOps, AutoCloseable {
    private final CudnnStacks cudnn;
    private final ResetBeforeStacks resetBefore;

    CudaRecurrent(CudaRuntime runtime, Backend backend, RnnTuner tuner) {
        this.cudnn = new CudnnStacks(runtime, tuner);
        this.resetBefore = new ResetBeforeStacks(runtime, backend);
    }

    private RecurrentOps of(RecurrentSpec spec) {
        return spec.cell() == CellType.GRU_RESET_BEFORE ? resetBefore : cudnn;
    }

    @Override
    public WeightLayout weightLayout(RecurrentSpec spec) {
        return of(spec).weightLayout(spec);
    }

    @Override
    public long reserveBytes(RecurrentCall call, DType dtype) {
        return of(call.spec()).reserveBytes(call, dtype);
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
        of(call.spec()).forward(call, x, h0, c0, weights, y, hn, cn, reserve);
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
        of(call.spec()).backward(call, x, h0, c0, weights, y, reserve, dy, dhn, dcn, dx, dh0, dc0, dweights);
    }

    @Override
    public void close() {
        cudnn.close();
    }
}
