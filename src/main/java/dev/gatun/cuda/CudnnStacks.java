package dev.gatun.cuda;

import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
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

    /** cuDNN 9 takes lengths from the descriptors of the data. */
    private static final MemorySegment LENGTHS_IN_DESCRIPTORS = MemorySegment.NULL;

    private static final int BATCH_AXIS = 0;
    private static final int STATE_BATCH_AXIS = 1;

    private final CudaRuntime runtime;
    private final PlanCache<RnnPlan.Key, RnnPlan> plans = new PlanCache<>(PLANS, RnnPlan::close);
    private final PlanCache<RnnBatch.Key, RnnBatch> batches = new PlanCache<>(BATCHES, RnnBatch::close);
    private final Map<RecurrentSpec, WeightLayout> layouts = new ConcurrentHashMap<>();

    CudnnStacks(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /** cuDNN's own layout in F32 where PyTorch's weights are views of it; else all weights one after another. */
    @Override
    public WeightLayout weightLayout(RecurrentSpec spec) {
        WeightLayout known = layouts.get(spec);
        if (known != null) {
            return known;
        }
        try (var _ = runtime.calls()) {
            RnnWeights weights = plan(new RnnPlan.Key(spec.withDropout(0), DType.F32, false, runtime.mathType()))
                    .weights();
            WeightLayout direct = weights.direct();
            WeightLayout layout = direct == null ? weights.plain() : direct;
            layouts.put(spec, layout);
            return layout;
        }
    }

    @Override
    public long reserveBytes(RecurrentCall call, DType dtype) {
        if (isEmpty(call)) {
            return 0;
        }
        try (var _ = runtime.calls()) {
            return new Run(call, dtype).batch.training().reserve();
        }
    }

    private static boolean isEmpty(RecurrentCall call) {
        int[] lengths = call.lengths();
        return call.batch() == 0
                || call.steps() == 0
                || lengths != null && Arrays.stream(lengths).allMatch(length -> length == 0);
    }

    private RnnPlan plan(RnnPlan.Key key) {
        return plans.get(key, missing -> new RnnPlan(runtime, missing));
    }

    /** What one call uses. */
    private final class Run {
        final RnnPlan plan;
        final RnnBatch batch;
        final AbsentRows absent;
        final WeightLayout layout;

        Run(RecurrentCall call, DType dtype) {
            boolean drops = call.dropout() != null
                    && call.spec().dropout() > 0
                    && call.spec().layers() > 1;
            RecurrentSpec spec = drops ? call.spec() : call.spec().withDropout(0);
            RnnPlan.Key key = new RnnPlan.Key(spec, dtype, drops, runtime.mathType());
            int[] lengths = call.lengths();
            List<Integer> atLeastOne = lengths != null
                    ? Arrays.stream(lengths)
                            .mapToObj(length -> Math.max(1, length))
                            .toList()
                    : Collections.nCopies(call.batch(), call.steps());
            plan = plan(key);
            batch = batches.get(
                    new RnnBatch.Key(key, call.steps(), atLeastOne), missing -> new RnnBatch(runtime, plan, missing));
            absent = lengths != null
                    ? AbsentRows.of(runtime.memory(), lengths)
                    : new AbsentRows(runtime.memory(), new int[0]);
            layout = weightLayout(call.spec());
            if (drops) {
                plan.seed(call.dropout());
            }
        }

        /** The weights where cuDNN reads them: in place where they lie so, else a copy. */
        View weights(View packed, Scratch scratch) {
            if (isDirect()) {
                return packed;
            }
            View space = scratch.zeros(packed.dtype(), plan.weights().shape());
            plan.weights().copy(runtime.memory(), layout, packed, space, true);
            return space;
        }

        boolean isDirect() {
            return layout.equals(plan.weights().direct());
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
        CudaMemory memory = runtime.memory();
        if (isEmpty(call)) {
            memory.fill(y, 0);
            copyOrClear(h0, hn);
            copyOrClear(c0, cn);
            return;
        }
        try (var _ = runtime.calls();
                Scratch scratch = new Scratch(memory)) {
            Run run = new Run(call, x.dtype());
            boolean trains = reserve != null || call.dropout() != null;
            RnnBatch.Space space = trains ? run.batch.training() : run.batch.inference();
            MemorySegment kept =
                    reserve == null ? scratch.bytes(trains ? space.reserve() : 0) : memory.pointer(reserve, 0);
            CudaStatus.dnn(
                    "cudnnRNNForward",
                    Cudnn.cudnnRNNForward(
                            runtime.dnn(),
                            run.plan.descriptor(),
                            trains ? Cudnn.CUDNN_FWD_MODE_TRAINING() : Cudnn.CUDNN_FWD_MODE_INFERENCE(),
                            LENGTHS_IN_DESCRIPTORS,
                            run.batch.x(),
                            memory.pointer(run.absent.cleared(x, BATCH_AXIS, scratch)),
                            run.batch.y(),
                            memory.pointer(y),
                            run.batch.states(),
                            memory.pointerOrNull(h0),
                            memory.pointer(hn),
                            run.batch.states(),
                            memory.pointerOrNull(c0),
                            memory.pointerOrNull(cn),
                            run.plan.weights().bytes(),
                            memory.pointer(run.weights(weights, scratch)),
                            space.work(),
                            scratch.bytes(space.work()),
                            trains ? space.reserve() : 0,
                            kept));
            run.absent.clear(y, BATCH_AXIS);
            run.absent.take(h0, hn, STATE_BATCH_AXIS);
            run.absent.take(c0, cn, STATE_BATCH_AXIS);
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
        CudaMemory memory = runtime.memory();
        if (isEmpty(call)) {
            copyOrClear(null, dx);
            copyOrClear(dhn, dh0);
            copyOrClear(dcn, dc0);
            copyOrClear(null, dweights);
            return;
        }
        try (var _ = runtime.calls();
                Scratch scratch = new Scratch(memory)) {
            Run run = new Run(call, x.dtype());
            View input = run.absent.cleared(x, BATCH_AXIS, scratch);
            View upstream =
                    dy == null ? scratch.zeros(y.dtype(), y.shape()) : run.absent.cleared(dy, BATCH_AXIS, scratch);
            View into = dx == null ? scratch.view(x.dtype(), x.shape()) : dx;
            MemorySegment work = scratch.bytes(run.batch.training().work());
            CudaStatus.dnn(
                    "cudnnRNNBackwardData_v8",
                    Cudnn.cudnnRNNBackwardData_v8(
                            runtime.dnn(),
                            run.plan.descriptor(),
                            LENGTHS_IN_DESCRIPTORS,
                            run.batch.y(),
                            memory.pointer(y),
                            memory.pointer(upstream),
                            run.batch.x(),
                            memory.pointer(into),
                            run.batch.states(),
                            memory.pointerOrNull(h0),
                            memory.pointerOrNull(run.absent.clearedOrNull(dhn, STATE_BATCH_AXIS, scratch)),
                            memory.pointerOrNull(dh0),
                            run.batch.states(),
                            memory.pointerOrNull(c0),
                            memory.pointerOrNull(run.absent.clearedOrNull(dcn, STATE_BATCH_AXIS, scratch)),
                            memory.pointerOrNull(dc0),
                            run.plan.weights().bytes(),
                            memory.pointer(run.weights(weights, scratch)),
                            run.batch.training().work(),
                            work,
                            run.batch.training().reserve(),
                            memory.pointer(reserve, 0)));
            if (dx != null) {
                // What cuDNN leaves in the gradient of padding is not said.
                PastLengths.of(runtime, call, scratch).clear(dx, false);
            }
            run.absent.take(dhn, dh0, STATE_BATCH_AXIS);
            run.absent.take(dcn, dc0, STATE_BATCH_AXIS);
            if (dweights != null) {
                weightGradients(run, input, h0, y, reserve, dweights, work, scratch);
            }
        }
    }

    private void weightGradients(
            Run run,
            View x,
            @Nullable View h0,
            View y,
            Storage reserve,
            View dweights,
            MemorySegment work,
            Scratch scratch) {
        CudaMemory memory = runtime.memory();
        boolean direct = run.isDirect();
        View space = direct
                ? dweights
                : scratch.view(dweights.dtype(), run.plan.weights().shape());
        memory.fill(space, 0);
        if (!direct) {
            memory.fill(dweights, 0);
        }
        CudaStatus.dnn(
                "cudnnRNNBackwardWeights_v8",
                Cudnn.cudnnRNNBackwardWeights_v8(
                        runtime.dnn(),
                        run.plan.descriptor(),
                        Cudnn.CUDNN_WGRAD_MODE_ADD(),
                        LENGTHS_IN_DESCRIPTORS,
                        run.batch.x(),
                        memory.pointer(x),
                        run.batch.states(),
                        memory.pointerOrNull(h0),
                        run.batch.y(),
                        memory.pointer(y),
                        run.plan.weights().bytes(),
                        memory.pointer(space),
                        run.batch.training().work(),
                        work,
                        run.batch.training().reserve(),
                        memory.pointer(reserve, 0)));
        if (!direct) {
            run.plan.weights().copy(memory, run.layout, dweights, space, false);
        }
    }

    @Override
    public void close() {
        batches.close();
        plans.close();
    }
}
