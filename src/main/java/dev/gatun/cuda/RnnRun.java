package dev.gatun.cuda;

import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.cuda.binding.Cudnn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/** One pass of a stack over a batch, with the device held. */
final class RnnRun {
    private static final int BATCH_AXIS = 0;
    private static final int STATE_BATCH_AXIS = 1;

    /** cuDNN 9 takes lengths from the descriptors of the data. */
    private static final MemorySegment LENGTHS_IN_DESCRIPTORS = MemorySegment.NULL;

    private final CudaRuntime runtime;
    private final CudaMemory memory;
    private final RnnPlan plan;
    private final RnnBatch batch;
    private final RecurrentCall call;
    private final AbsentRows absent;
    private final WeightLayout layout;

    /** @param layout how the call's weights are packed */
    RnnRun(CudaRuntime runtime, RnnPlan plan, RnnBatch batch, RecurrentCall call, WeightLayout layout) {
        this.runtime = runtime;
        this.memory = runtime.memory();
        this.plan = plan;
        this.batch = batch;
        this.call = call;
        this.absent = AbsentRows.of(memory, call.lengths());
        this.layout = layout;
    }

    /** @param trains whether in cuDNN's training mode: with a reserve, or with dropout */
    void forward(
            View x,
            @Nullable View h0,
            @Nullable View c0,
            View weights,
            View y,
            View hn,
            @Nullable View cn,
            @Nullable Storage reserve,
            boolean trains) {
        try (Scratch scratch = new Scratch(memory)) {
            RnnBatch.Space space = trains ? batch.training() : batch.inference();
            long kept = trains ? space.reserve() : 0;
            CudaStatus.dnn(
                    "cudnnRNNForward",
                    Cudnn.cudnnRNNForward(
                            runtime.dnn(),
                            plan.descriptor(),
                            trains ? Cudnn.CUDNN_FWD_MODE_TRAINING() : Cudnn.CUDNN_FWD_MODE_INFERENCE(),
                            LENGTHS_IN_DESCRIPTORS,
                            batch.x(),
                            memory.pointer(absent.cleared(x, BATCH_AXIS, scratch)),
                            batch.y(),
                            memory.pointer(y),
                            batch.hidden(),
                            memory.pointerOrNull(h0),
                            memory.pointer(hn),
                            batch.cells(),
                            memory.pointerOrNull(c0),
                            memory.pointerOrNull(cn),
                            plan.weights().bytes(),
                            memory.pointer(weights(weights, scratch)),
                            space.work(),
                            scratch.bytes(space.work()),
                            kept,
                            reserve == null ? scratch.bytes(kept) : memory.pointer(reserve, 0)));
            absent.clear(y, BATCH_AXIS);
            absent.take(h0, hn, STATE_BATCH_AXIS);
            absent.take(c0, cn, STATE_BATCH_AXIS);
        }
    }

    long reserveBytes() {
        return batch.training().reserve();
    }

    /** The weights where cuDNN reads them: in place where they lie so, else a copy. */
    private View weights(View packed, Scratch scratch) {
        if (isDirect()) {
            return packed;
        }
        View space = scratch.zeros(packed.dtype(), plan.weights().shape());
        plan.weights().copy(memory, layout, packed, space, true);
        return space;
    }

    private boolean isDirect() {
        return layout.equals(plan.direct());
    }

    void backward(
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
        try (Scratch scratch = new Scratch(memory)) {
            View upstream = dy == null ? scratch.zeros(y.dtype(), y.shape()) : absent.cleared(dy, BATCH_AXIS, scratch);
            View into = dx == null ? scratch.view(x.dtype(), x.shape()) : dx;
            MemorySegment work = scratch.bytes(batch.training().work());
            CudaStatus.dnn(
                    "cudnnRNNBackwardData_v8",
                    Cudnn.cudnnRNNBackwardData_v8(
                            runtime.dnn(),
                            plan.descriptor(),
                            LENGTHS_IN_DESCRIPTORS,
                            batch.y(),
                            memory.pointer(y),
                            memory.pointer(upstream),
                            batch.x(),
                            memory.pointer(into),
                            batch.hidden(),
                            memory.pointerOrNull(h0),
                            memory.pointerOrNull(absent.clearedOrNull(dhn, STATE_BATCH_AXIS, scratch)),
                            memory.pointerOrNull(dh0),
                            batch.cells(),
                            memory.pointerOrNull(c0),
                            memory.pointerOrNull(absent.clearedOrNull(dcn, STATE_BATCH_AXIS, scratch)),
                            memory.pointerOrNull(dc0),
                            plan.weights().bytes(),
                            memory.pointer(weights(weights, scratch)),
                            batch.training().work(),
                            work,
                            batch.training().reserve(),
                            memory.pointer(reserve, 0)));
            if (dx != null) {
                // What cuDNN leaves in the gradient of padding is not said.
                PastLengths.of(runtime, call, scratch).clear(dx, false);
            }
            absent.take(dhn, dh0, STATE_BATCH_AXIS);
            absent.take(dcn, dc0, STATE_BATCH_AXIS);
            if (dweights != null) {
                View input = absent.cleared(x, BATCH_AXIS, scratch);
                weightGradients(input, h0, y, reserve, dweights, work, scratch);
            }
        }
    }

    private void weightGradients(
            View x, @Nullable View h0, View y, Storage reserve, View dweights, MemorySegment work, Scratch scratch) {
        memory.fill(dweights, 0);
        View space = isDirect()
                ? dweights
                : scratch.zeros(dweights.dtype(), plan.weights().shape());
        CudaStatus.dnn(
                "cudnnRNNBackwardWeights_v8",
                Cudnn.cudnnRNNBackwardWeights_v8(
                        runtime.dnn(),
                        plan.descriptor(),
                        Cudnn.CUDNN_WGRAD_MODE_ADD(),
                        LENGTHS_IN_DESCRIPTORS,
                        batch.x(),
                        memory.pointer(x),
                        batch.hidden(),
                        memory.pointerOrNull(h0),
                        batch.y(),
                        memory.pointer(y),
                        plan.weights().bytes(),
                        memory.pointer(space),
                        batch.training().work(),
                        work,
                        batch.training().reserve(),
                        memory.pointer(reserve, 0)));
        if (!isDirect()) {
            plan.weights().copy(memory, layout, dweights, space, false);
        }
    }
}
