package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.DType;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Recurrent stacks on the CPU: each layer and direction walks the steps over ranges of sequences, one thread a range; threads wait for
 * each other at each step of a single sequence alone.
 */
final class CpuRecurrent implements RecurrentOps {
    private final CpuRuntime runtime;
    private final Backend backend;
    private final Map<RecurrentSpec, WeightLayout> layouts = new ConcurrentHashMap<>();

    /** Stacks whose large products, sums and dropout are another family's of the same backend. */
    CpuRecurrent(CpuRuntime runtime, Backend backend) {
        this.runtime = runtime;
        this.backend = backend;
    }

    @Override
    public WeightLayout weightLayout(RecurrentSpec spec) {
        return layouts.computeIfAbsent(spec, WeightLayout::packed);
    }

    @Override
    public long reserveBytes(RecurrentCall call, DType dtype) {
        try (RecurrentFrame frame = new RecurrentFrame(runtime, backend, call, dtype)) {
            return frame.reserve.bytes();
        }
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
        try (RecurrentFrame frame = new RecurrentFrame(runtime, backend, call, x.dtype())) {
            new RecurrentForward(frame, weights, reserve).run(x, h0, c0, y, hn, cn);
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
        var gradients = new RecurrentBackward.Gradients(dy, dhn, dcn, dx, dh0, dc0);
        try (RecurrentFrame frame = new RecurrentFrame(runtime, backend, call, x.dtype())) {
            new RecurrentBackward(frame, weights, reserve, dweights).run(x, gradients);
        }
    }
}
