package dev.gatun.cuda;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.AttentionOps;
import dev.gatun.backend.Explanation;
import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/** Scaled dot-product attention on a GPU, by the fastest of three ways that takes the call: see {@link AttentionChoice}. */
final class CudaAttention implements AttentionOps, AutoCloseable {
    /** Kinds of calls, with their shapes, whose plans are kept. */
    private static final int PLANS = 256;

    private final CudaRuntime runtime;
    private final boolean multiHead;
    private final BlasAttention blas;
    private final PlanCache<AttentionKey, AttentionChoice> choices;

    /** @param multiHead whether cuDNN's multi-head attention comes before cuBLAS */
    CudaAttention(CudaRuntime runtime, MatrixOps matrix, boolean multiHead) {
        this.runtime = runtime;
        this.multiHead = multiHead;
        this.blas = new BlasAttention(runtime, matrix);
        this.choices = new PlanCache<>(PLANS, this::end);
    }

    /** Work that uses a plan may still be queued. */
    private void end(AttentionChoice choice) {
        if (choice.plan() != blas) {
            try (AttentionPlan _ = choice.plan()) {
                runtime.synchronize();
            }
        }
    }

    /** For the thread that holds the device. */
    private AttentionPlan plan(AttentionOperands on, boolean recording) {
        return choices.get(
                        AttentionKey.of(on, recording),
                        key -> runtime.memory().make(() -> AttentionChoice.of(runtime, key, blas, multiHead)))
                .plan();
    }

    /** Has the plan for a call run it, under the lock if it is one that can be ended. Lengths are uploaded before: other threads need not wait. */
    private void run(AttentionOperands on, boolean recording, BiConsumer<AttentionPlan, AttentionOperands> pass) {
        AttentionPlan plan;
        try (var _ = runtime.calls()) {
            plan = plan(on, recording);
        }
        if (plan == blas) {
            pass.accept(blas, on);
            return;
        }
        try (Scratch scratch = new Scratch(runtime.memory())) {
            AttentionOperands ready = withLengths(on, scratch);
            try (var _ = runtime.calls()) {
                pass.accept(plan(ready, recording), ready);
            }
        }
    }

    private AttentionOperands withLengths(AttentionOperands on, Scratch scratch) {
        int[] lengths = on.call().keyLengths();
        if (lengths == null || on.keyPadding() == null) {
            return on;
        }
        int batch = on.batch();
        int[] all = Arrays.copyOf(lengths, batch + batch * on.heads());
        Arrays.setAll(all, i -> lengths[i < batch ? i : (i - batch) / on.heads()]);
        View onDevice = scratch.view(DType.I32, Shape.of(all.length));
        runtime.memory().write(MemorySegment.ofArray(all), onDevice.storage(), 0);
        return on.with(onDevice);
    }

    /** Which ways were chosen, for the calls whose plans are kept. */
    List<Explanation> explanations() {
        try (var _ = runtime.calls()) {
            return choices.values().stream().map(AttentionChoice::explanation).toList();
        }
    }

    @Override
    public long reserveBytes(
            AttentionCall call, View q, View k, View v, @Nullable View mask, @Nullable View keyPadding) {
        AttentionOperands on = new AttentionOperands(call, q, k, v, mask, keyPadding, null);
        try (var _ = runtime.calls()) {
            return plan(on, true).reserveBytes(on);
        }
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
        AttentionOperands on = new AttentionOperands(call, q, k, v, mask, keyPadding, null);
        run(
                on,
                reserve != null,
                (plan, ready) -> runtime.memory().repeatable(() -> plan.forward(ready, y, weights, reserve)));
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
        AttentionOperands on = new AttentionOperands(call, q, k, v, mask, keyPadding, null);
        AttentionGradients gradients = new AttentionGradients(y, reserve, dy, dweights, dq, dk, dv);
        run(on, true, (plan, ready) -> plan.backward(ready, gradients));
    }

    @Override
    public void close() {
        choices.close();
    }
}
