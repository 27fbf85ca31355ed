package dev.gatun.cuda;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The shapes of one batch as cuDNN describes them, and the memory that a run over it takes. */
final class RnnBatch implements AutoCloseable {
    /** What padding is filled with, where cuDNN reads it: a zero of any type. */
    private static final MemorySegment ZERO = Arena.global().allocate(Long.BYTES, Long.BYTES);

    /**
     * What tells batches apart.
     *
     * @param plan the stack
     * @param steps steps of the longest
     * @param lengths steps of each sequence, 1 or more
     */
    record Key(RnnPlan.Key plan, int steps, List<Integer> lengths) {}

    private final Handles handles = new Handles();
    private final MemorySegment x;
    private final MemorySegment y;
    private final MemorySegment hidden;
    private final MemorySegment cells;
    private final Space inference;
    private final Space training;

    /** Bytes of work space, and of reserve space. */
    record Space(long work, long reserve) {}

    RnnBatch(CudaRuntime runtime, RnnPlan plan, Key key) {
        boolean made = false;
        try (Arena arena = Arena.ofConfined()) {
            RecurrentSpec spec = key.plan().spec();
            int[] each = key.lengths().stream().mapToInt(Integer::intValue).toArray();
            MemorySegment host = arena.allocateFrom(ValueLayout.JAVA_INT, each);
            DType dtype = key.plan().dtype();
            x = data(dtype, key.steps(), each.length, spec.inputSize(), host);
            y = data(dtype, key.steps(), each.length, spec.outputSize(), host);
            hidden = states(spec, spec.stateSize(), dtype, each.length, arena);
            cells = states(spec, spec.hiddenSize(), dtype, each.length, arena);
            inference = space(runtime, plan, Cudnn.CUDNN_FWD_MODE_INFERENCE(), arena);
            training = space(runtime, plan, Cudnn.CUDNN_FWD_MODE_TRAINING(), arena);
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    private MemorySegment data(DType dtype, int steps, int batch, int features, MemorySegment lengthsOnHost) {
        MemorySegment descriptor = handles.open(
                slot -> CudaStatus.dnn("cudnnCreateRNNDataDescriptor", Cudnn.cudnnCreateRNNDataDescriptor(slot)),
                handle -> CudaStatus.dnn("cudnnDestroyRNNDataDescriptor", Cudnn.cudnnDestroyRNNDataDescriptor(handle)));
        CudaStatus.dnn(
                "cudnnSetRNNDataDescriptor",
                Cudnn.cudnnSetRNNDataDescriptor(
                        descriptor,
                        CudaTypes.dnn(dtype),
                        Cudnn.CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED(),
                        steps,
                        batch,
                        features,
                        lengthsOnHost,
                        ZERO));
        return descriptor;
    }

    /** [layers · directions, batch, features]. */
    private MemorySegment states(RecurrentSpec spec, int features, DType dtype, int batch, Arena arena) {
        MemorySegment descriptor = handles.open(
                slot -> CudaStatus.dnn("cudnnCreateTensorDescriptor", Cudnn.cudnnCreateTensorDescriptor(slot)),
                handle -> CudaStatus.dnn("cudnnDestroyTensorDescriptor", Cudnn.cudnnDestroyTensorDescriptor(handle)));
        int[] sizes = {spec.layers() * spec.directions(), batch, features};
        int[] strides = {Math.multiplyExact(batch, features), features, 1};
        CudaStatus.dnn(
                "cudnnSetTensorNdDescriptor",
                Cudnn.cudnnSetTensorNdDescriptor(
                        descriptor,
                        CudaTypes.dnn(dtype),
                        sizes.length,
                        arena.allocateFrom(ValueLayout.JAVA_INT, sizes),
                        arena.allocateFrom(ValueLayout.JAVA_INT, strides)));
        return descriptor;
    }

    private Space space(CudaRuntime runtime, RnnPlan plan, int mode, Arena arena) {
        MemorySegment work = arena.allocate(ValueLayout.JAVA_LONG);
        MemorySegment reserve = arena.allocate(ValueLayout.JAVA_LONG);
        CudaStatus.dnn(
                "cudnnGetRNNTempSpaceSizes",
                Cudnn.cudnnGetRNNTempSpaceSizes(runtime.dnn(), plan.descriptor(), mode, x, work, reserve));
        return new Space(work.get(ValueLayout.JAVA_LONG, 0), reserve.get(ValueLayout.JAVA_LONG, 0));
    }

    MemorySegment x() {
        return x;
    }

    MemorySegment y() {
        return y;
    }

    MemorySegment hidden() {
        return hidden;
    }

    MemorySegment cells() {
        return cells;
    }

    Space inference() {
        return inference;
    }

    Space training() {
        return training;
    }

    @Override
    public void close() {
        handles.close();
    }
}
