package dev.gatun.cuda;

import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Runs a shape on zeros: whether an algorithm takes it, and for how long it runs, does not depend on the numbers. */
final class RnnTrial implements RnnTuner.Trial {
    private static final int RUNS = 5;

    private final CudaRuntime runtime;
    private final CudnnStacks stacks;
    private final RnnTuner.Shape shape;
    private final RecurrentCall call;

    RnnTrial(CudaRuntime runtime, CudnnStacks stacks, RnnTuner.Shape shape) {
        this.runtime = runtime;
        this.stacks = stacks;
        this.shape = shape;
        RandomStream stream = shape.plan().drops() ? new RandomStream(0, 0) : null;
        this.call = new RecurrentCall(shape.plan().spec(), shape.batch(), shape.steps(), null, stream);
    }

    @Override
    public void attempt(RnnAlgorithm algorithm) {
        runtime.memory().repeatable(() -> once(algorithm));
    }

    private void once(RnnAlgorithm algorithm) {
        try (Scratch scratch = new Scratch(runtime.memory())) {
            pass(shape.plan().with(algorithm, shape.batch()), scratch).run();
        }
    }

    /** Milliseconds of one run, after one that does not count. */
    @Override
    public double measure(RnnAlgorithm algorithm) {
        return runtime.memory().make(() -> milliseconds(algorithm));
    }

    private double milliseconds(RnnAlgorithm algorithm) {
        RnnPlan.Key key = shape.plan().with(algorithm, shape.batch());
        try (Scratch scratch = new Scratch(runtime.memory());
                Handles handles = new Handles()) {
            Runnable pass = pass(key, scratch);
            MemorySegment start = event(handles);
            MemorySegment end = event(handles);
            pass.run();
            record(start);
            for (int i = 0; i < RUNS; i++) {
                pass.run();
            }
            record(end);
            CudaStatus.runtime("cudaEventSynchronize", Cudart.cudaEventSynchronize(end));
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment milliseconds = arena.allocate(ValueLayout.JAVA_FLOAT);
                CudaStatus.runtime("cudaEventElapsedTime", Cudart.cudaEventElapsedTime(milliseconds, start, end));
                return milliseconds.get(ValueLayout.JAVA_FLOAT, 0) / RUNS;
            }
        }
    }

    private Runnable pass(RnnPlan.Key key, Scratch scratch) {
        RecurrentSpec spec = key.spec();
        DType dtype = key.dtype();
        View x = scratch.zeros(dtype, Shape.of(call.batch(), call.steps(), spec.inputSize()));
        View y = scratch.zeros(dtype, Shape.of(call.batch(), call.steps(), spec.outputSize()));
        int stacked = spec.layers() * spec.directions();
        View hidden = scratch.zeros(dtype, Shape.of(stacked, call.batch(), spec.stateSize()));
        View cells =
                spec.cell().hasCell() ? scratch.zeros(dtype, Shape.of(stacked, call.batch(), spec.hiddenSize())) : null;
        long elements = stacks.weightLayout(spec).elements();
        View weights = scratch.zeros(dtype, Shape.of(Math.toIntExact(elements)));
        RnnRun run = stacks.run(call, key);
        if (!shape.trains()) {
            return () -> run.forward(x, null, null, weights, y, hidden, cells, null, false);
        }
        CudaStorage reserve = scratch.storage(run.reserveBytes());
        View dx = scratch.zeros(dtype, x.shape());
        View dweights = scratch.zeros(dtype, weights.shape());
        return () -> {
            run.forward(x, null, null, weights, y, hidden, cells, reserve, true);
            run.backward(x, null, null, weights, y, reserve, y, null, null, dx, null, null, dweights);
        };
    }

    private static MemorySegment event(Handles handles) {
        return handles.open(
                slot -> CudaStatus.runtime(
                        "cudaEventCreateWithFlags", Cudart.cudaEventCreateWithFlags(slot, Cudart.cudaEventDefault())),
                handle -> CudaStatus.runtime("cudaEventDestroy", Cudart.cudaEventDestroy(handle)));
    }

    private void record(MemorySegment event) {
        CudaStatus.runtime("cudaEventRecord", Cudart.cudaEventRecord(event, runtime.stream()));
    }
}
