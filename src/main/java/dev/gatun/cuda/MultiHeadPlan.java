package dev.gatun.cuda;

import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.cuda.binding.Cudnn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Attention by cuDNN's multi-head attention in its plainest form: one head, no projections and hence no weights, and every head of every
 * sequence a sequence of its own. Causality is a window of keys for each query, padding a length for each sequence of keys. What the
 * backward pass needs, the probabilities among it, is in cuDNN's reserve space.
 */
final class MultiHeadPlan implements AttentionPlan {
    /** Batches of different lengths whose descriptors are kept. */
    private static final int BATCHES = 16;

    private final CudaRuntime runtime;
    private final AttentionKey key;
    private final Handles handles = new Handles();
    private final PlanCache<List<Integer>, MultiHeadBatch> batches;
    private final MemorySegment descriptor;
    private final MemorySegment firstKeys;
    private final MemorySegment endKeys;
    private final MemorySegment queryLengths;
    private final MemorySegment wholeKeyLengths;
    private final long workBytes;
    private final long reserveBytes;

    MultiHeadPlan(CudaRuntime runtime, AttentionKey key) {
        this.runtime = runtime;
        this.key = key;
        this.batches = new PlanCache<>(BATCHES, MultiHeadBatch::close);
        handles.own(batches::close);
        boolean made = false;
        try (Arena slots = Arena.ofConfined()) {
            Arena arena = Arena.ofShared();
            handles.own(arena::close);
            firstKeys = arena.allocate(ValueLayout.JAVA_INT, key.queries());
            int[] ends = new int[key.queries()];
            Arrays.setAll(ends, query -> key.causal() ? Math.min(query + 1, key.keys()) : key.keys());
            endKeys = arena.allocateFrom(ValueLayout.JAVA_INT, ends);
            descriptor = handles.open(
                    slot -> CudaStatus.dnn("cudnnCreateAttnDescriptor", Cudnn.cudnnCreateAttnDescriptor(slot)),
                    handle -> CudaStatus.dnn("cudnnDestroyAttnDescriptor", Cudnn.cudnnDestroyAttnDescriptor(handle)));
            describe();
            queryLengths = repeated(key.queries(), arena);
            wholeKeyLengths = repeated(key.keys(), arena);
            MemorySegment weights = slots.allocate(ValueLayout.JAVA_LONG);
            MemorySegment work = slots.allocate(ValueLayout.JAVA_LONG);
            MemorySegment reserve = slots.allocate(ValueLayout.JAVA_LONG);
            CudaStatus.dnn(
                    "cudnnGetMultiHeadAttnBuffers",
                    Cudnn.cudnnGetMultiHeadAttnBuffers(
                            runtime.dnn(), descriptor, weights, work, key.recording() ? reserve : MemorySegment.NULL));
            workBytes = work.get(ValueLayout.JAVA_LONG, 0);
            reserveBytes = reserve.get(ValueLayout.JAVA_LONG, 0);
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    /** Why it does not take such calls; null where it may. */
    static @Nullable String refusal(AttentionKey key) {
        return key.special() != null ? key.special() : key.scale() >= 0 ? null : "the scale is " + key.scale();
    }

    private void describe() {
        int dtype = CudaTypes.dnn(key.dtype());
        CudaStatus.dnn(
                "cudnnSetAttnDescriptor",
                Cudnn.cudnnSetAttnDescriptor(
                        descriptor,
                        Cudnn.CUDNN_ATTN_QUERYMAP_ALL_TO_ONE() | Cudnn.CUDNN_ATTN_DISABLE_PROJ_BIASES(),
                        1,
                        key.scale(),
                        dtype,
                        dtype,
                        CudaTypes.mathType(key.precision()),
                        MemorySegment.NULL,
                        MemorySegment.NULL,
                        key.headSize(),
                        key.headSize(),
                        key.valueSize(),
                        0,
                        0,
                        0,
                        0,
                        key.queries(),
                        key.keys(),
                        key.sequences(),
                        1));
    }

    /** A length for each sequence, on the device for as long as the plan lives; the arena keeps the source until it is copied. */
    private MemorySegment repeated(int length, Arena arena) {
        int[] lengths = new int[key.sequences()];
        Arrays.fill(lengths, length);
        MemorySegment source = arena.allocateFrom(ValueLayout.JAVA_INT, lengths);
        MemorySegment target = runtime.memory().reserve(source.byteSize(), handles);
        CudaStatus.runtime(
                "cudaMemcpyAsync",
                Cudart.cudaMemcpyAsync(
                        target, source, source.byteSize(), Cudart.cudaMemcpyHostToDevice(), runtime.stream()));
        return target;
    }

    private MemorySegment keyLengths(AttentionOperands on) {
        View lengths = on.lengths();
        return lengths == null
                ? wholeKeyLengths
                : runtime.memory().pointer(lengths.with(lengths.layout().slice(0, on.batch(), lengths.size(0))));
    }

    private MultiHeadBatch batch(AttentionOperands on) {
        int[] lengths = on.call().keyLengths();
        List<Integer> each = lengths == null || on.keyPadding() == null
                ? List.of()
                : Arrays.stream(lengths).boxed().toList();
        return batches.get(each, _ -> new MultiHeadBatch(key, each));
    }

    @Override
    public long reserveBytes(AttentionOperands on) {
        return reserveBytes;
    }

    @Override
    public void forward(AttentionOperands on, View y, @Nullable View weights, @Nullable Storage reserve) {
        CudaMemory memory = runtime.memory();
        try (Scratch scratch = new Scratch(memory)) {
            MultiHeadBatch batch = batch(on);
            View out = target(y, scratch);
            CudaStatus.dnn(
                    "cudnnMultiHeadAttnForward",
                    Cudnn.cudnnMultiHeadAttnForward(
                            runtime.dnn(),
                            descriptor,
                            -1,
                            firstKeys,
                            endKeys,
                            queryLengths,
                            keyLengths(on),
                            batch.queries(),
                            source(on.q(), scratch),
                            MemorySegment.NULL,
                            batch.keys(),
                            source(on.k(), scratch),
                            batch.values(),
                            source(on.v(), scratch),
                            batch.outputs(),
                            memory.pointer(out),
                            0,
                            MemorySegment.NULL,
                            workBytes,
                            scratch.bytes(workBytes),
                            reserve == null ? 0 : reserveBytes,
                            reserve == null ? MemorySegment.NULL : memory.pointer(reserve, 0)));
            deliver(out, y);
        }
    }

    @Override
    public void backward(AttentionOperands on, AttentionGradients gradients) {
        CudaMemory memory = runtime.memory();
        try (Scratch scratch = new Scratch(memory)) {
            MultiHeadBatch batch = batch(on);
            View dq = target(gradients.dq(), scratch);
            View dk = target(gradients.dk(), scratch);
            View dv = target(gradients.dv(), scratch);
            CudaStatus.dnn(
                    "cudnnMultiHeadAttnBackwardData",
                    Cudnn.cudnnMultiHeadAttnBackwardData(
                            runtime.dnn(),
                            descriptor,
                            firstKeys,
                            endKeys,
                            queryLengths,
                            keyLengths(on),
                            batch.outputs(),
                            source(gradients.dy(), scratch),
                            batch.queries(),
                            memory.pointer(dq),
                            source(on.q(), scratch),
                            batch.keys(),
                            memory.pointer(dk),
                            source(on.k(), scratch),
                            batch.values(),
                            memory.pointer(dv),
                            source(on.v(), scratch),
                            0,
                            MemorySegment.NULL,
                            workBytes,
                            scratch.bytes(workBytes),
                            reserveBytes,
                            memory.pointer(gradients.reserve(), 0)));
            View padding = on.keyPadding();
            if (padding != null) {
                new PaddedKeys(runtime).clear(padding, dk, dv);
            }
            deliver(dq, gradients.dq());
            deliver(dk, gradients.dk());
            deliver(dv, gradients.dv());
        }
    }

    /** The address of a view's elements without gaps: its own, or a copy's. */
    private MemorySegment source(View view, Scratch scratch) {
        return runtime.memory().pointer(view.isContiguous() ? view : scratch.copy(view));
    }

    /** Where a result without gaps may be written: the view itself, or scratch from which it is {@link #deliver}ed. */
    private static View target(View view, Scratch scratch) {
        return view.isContiguous() ? view : scratch.view(view.dtype(), view.shape());
    }

    private void deliver(View result, View view) {
        if (!view.isContiguous()) {
            runtime.memory().copy(result, view);
        }
    }

    @Override
    public void close() {
        handles.close();
    }
}
