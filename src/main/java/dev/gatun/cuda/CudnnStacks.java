package dev.gatun.cuda;

import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.DType;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Recurrent stacks by cuDNN's RNN functions (version 8 of their interface), a call for a whole stack over whole sequences. */
final class CudnnStacks implements RecurrentOps, AutoCloseable {
    private static final int PLANS = 64;
    private static final int BATCHES = 256;

    private final CudaRuntime runtime;
    private final RnnTuner tuner;
    private final PlanCache<RnnPlan.Key, RnnPlan> plans = new PlanCache<>(PLANS, RnnPlan::close);
    private final PlanCache<RnnBatch.Key, RnnBatch> batches = new PlanCache<>(BATCHES, RnnBatch::close);
    private final Map<RecurrentSpec, WeightLayout> layouts = new ConcurrentHashMap<>();

    CudnnStacks(CudaRuntime runtime, RnnTuner tuner) {
        this.runtime = runtime;
        this.tuner = tuner;
    }

    /** cuDNN's own layout in F32 where PyTorch's weights are views of it; else all weights one after another. */
    @Override
    public WeightLayout weightLayout(RecurrentSpec spec) {
        WeightLayout known = layouts.get(spec);
        if (known != null) {
            return known;
        }
        try (var _ = runtime.calls()) {
            RnnPlan plan = plan(RnnPlan.Key.standard(spec.withDropout(0), DType.F32, false, runtime.mathType()));
            WeightLayout direct = plan.direct();
            WeightLayout layout = direct == null ? plan.weights().plain() : direct;
            layouts.put(spec, layout);
            return layout;
        }
    }

    private RnnPlan plan(RnnPlan.Key key) {
        return plans.get(key, missing -> runtime.memory().make(() -> new RnnPlan(runtime, missing)));
    }

    @Override
    public long reserveBytes(RecurrentCall call, DType dtype) {
        if (isEmpty(call)) {
            return 0;
        }
        try (var _ = runtime.calls()) {
            RnnPlan.Key key = choose(call, dtype, true);
            return batch(call, plan(key), key).training().reserve();
        }
    }

    private static boolean isEmpty(RecurrentCall call) {
        int[] lengths = call.lengths();
        return call.batch() == 0
                || call.steps() == 0
                || lengths != null && Arrays.stream(lengths).allMatch(length -> length == 0);
    }

    /** The plan for a call, by the fastest algorithm that is known for it. */
    private RnnPlan.Key choose(RecurrentCall call, DType dtype, boolean trains) {
        boolean drops = drops(call);
        RecurrentSpec spec = drops ? call.spec() : call.spec().withDropout(0);
        RnnPlan.Key standard = RnnPlan.Key.standard(spec, dtype, drops, runtime.mathType());
        RnnTuner.Shape shape = new RnnTuner.Shape(standard, call.batch(), call.steps(), call.lengths() == null, trains);
        RnnAlgorithm algorithm = tuner.choose(shape, new RnnTrial(runtime, this, shape));
        return standard.with(algorithm, call.batch());
    }

    private static boolean drops(RecurrentCall call) {
        return call.dropout() != null
                && call.spec().dropout() > 0
                && call.spec().layers() > 1;
    }

    private RnnBatch batch(RecurrentCall call, RnnPlan plan, RnnPlan.Key key) {
        int[] lengths = call.lengths();
        List<Integer> atLeastOne = lengths == null
                ? Collections.nCopies(call.batch(), call.steps())
                : Arrays.stream(lengths).mapToObj(length -> Math.max(1, length)).toList();
        return batches.get(
                new RnnBatch.Key(key, call.steps(), atLeastOne),
                missing -> runtime.memory().make(() -> new RnnBatch(runtime, plan, missing)));
    }

    /** One pass by a given plan. */
    RnnRun run(RecurrentCall call, RnnPlan.Key key) {
        RnnPlan plan = plan(key);
        return new RnnRun(runtime, plan, batch(call, plan, key), call, weightLayout(call.spec()));
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
        if (isEmpty(call)) {
            runtime.memory().fill(y, 0);
            copyOrClear(h0, hn);
            copyOrClear(c0, cn);
            return;
        }
        try (var _ = runtime.calls()) {
            boolean trains = reserve != null || drops(call);
            RnnPlan.Key key = choose(call, x.dtype(), trains);
            runtime.memory().repeatable(() -> {
                if (key.drops()) {
                    plan(key).seed(call.dropout());
                }
                run(call, key).forward(x, h0, c0, weights, y, hn, cn, reserve, trains);
            });
        }
    }

    private void copyOrClear(@Nullable View from, @Nullable View into) {
        if (into != null && from != null) {
            runtime.memory().copy(from, into);
        } else if (into != null) {
            runtime.memory().fill(into, 0);
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
        if (isEmpty(call)) {
            copyOrClear(null, dx);
            copyOrClear(dhn, dh0);
            copyOrClear(dcn, dc0);
            copyOrClear(null, dweights);
            return;
        }
        try (var _ = runtime.calls()) {
            run(call, choose(call, x.dtype(), true))
                    .backward(x, h0, c0, weights, y, reserve, dy, dhn, dcn, dx, dh0, dc0, dweights);
        }
    }

    @Override
    public void close() {
        try (plans) {
            batches.close();
        }
    }
}
