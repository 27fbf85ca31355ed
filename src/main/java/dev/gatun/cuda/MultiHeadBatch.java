package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Collections;
import java.util.List;

/**
 * The sequences of one batch as cuDNN's multi-head attention describes them: each head is a sequence of its own, [batch · heads, steps, size]
 * without gaps.
 */
final class MultiHeadBatch implements AutoCloseable {
    private final Handles handles = new Handles();
    private final DType dtype;
    private final MemorySegment queries;
    private final MemorySegment keys;
    private final MemorySegment values;
    private final MemorySegment outputs;

    /** @param lengths keys of each of the batch's sequences; empty where all are whole */
    MultiHeadBatch(AttentionKey key, List<Integer> lengths) {
        this.dtype = key.dtype();
        List<Integer> whole = Collections.nCopies(key.sequences(), key.queries());
        List<Integer> each = lengths.isEmpty()
                ? Collections.nCopies(key.sequences(), key.keys())
                : lengths.stream()
                        .flatMap(length -> Collections.nCopies(key.q().size(1), length).stream())
                        .toList();
        boolean made = false;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment queryCounts = ints(arena, whole);
            MemorySegment keyCounts = ints(arena, each);
            queries = sequences(arena, queryCounts, key.queries(), key.headSize());
            keys = sequences(arena, keyCounts, key.keys(), key.headSize());
            values = sequences(arena, keyCounts, key.keys(), key.valueSize());
            outputs = sequences(arena, queryCounts, key.queries(), key.valueSize());
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    MemorySegment queries() {
        return queries;
    }

    MemorySegment keys() {
        return keys;
    }

    MemorySegment values() {
        return values;
    }

    MemorySegment outputs() {
        return outputs;
    }

    private static MemorySegment ints(Arena arena, List<Integer> numbers) {
        return arena.allocateFrom(
                ValueLayout.JAVA_INT,
                numbers.stream().mapToInt(Integer::intValue).toArray());
    }

    private MemorySegment sequences(Arena arena, MemorySegment lengths, int steps, int size) {
        MemorySegment descriptor = handles.open(
                slot -> CudaStatus.dnn("cudnnCreateSeqDataDescriptor", Cudnn.cudnnCreateSeqDataDescriptor(slot)),
                handle -> CudaStatus.dnn("cudnnDestroySeqDataDescriptor", Cudnn.cudnnDestroySeqDataDescriptor(handle)));
        int count = Math.toIntExact(lengths.byteSize() / Integer.BYTES);
        int[] sizes = new int[Cudnn.CUDNN_SEQDATA_DIM_COUNT()];
        sizes[Cudnn.CUDNN_SEQDATA_BATCH_DIM()] = count;
        sizes[Cudnn.CUDNN_SEQDATA_BEAM_DIM()] = 1;
        sizes[Cudnn.CUDNN_SEQDATA_TIME_DIM()] = steps;
        sizes[Cudnn.CUDNN_SEQDATA_VECT_DIM()] = size;
        int[] order = {
            Cudnn.CUDNN_SEQDATA_BATCH_DIM(),
            Cudnn.CUDNN_SEQDATA_BEAM_DIM(),
            Cudnn.CUDNN_SEQDATA_TIME_DIM(),
            Cudnn.CUDNN_SEQDATA_VECT_DIM()
        };
        CudaStatus.dnn(
                "cudnnSetSeqDataDescriptor",
                Cudnn.cudnnSetSeqDataDescriptor(
                        descriptor,
                        CudaTypes.dnn(dtype),
                        sizes.length,
                        arena.allocateFrom(ValueLayout.JAVA_INT, sizes),
                        arena.allocateFrom(ValueLayout.JAVA_INT, order),
                        count,
                        lengths,
                        MemorySegment.NULL));
        return descriptor;
    }

    @Override
    public void close() {
        handles.close();
    }
}
