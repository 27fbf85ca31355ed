package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * One pass of scaled dot-product attention as a graph of cuDNN's with one operation, and the plan by which it is executed. Causality is an
 * operation on the scores between the product and the softmax; padding is a length for each sequence.
 */
final class AttentionGraph implements AutoCloseable {
    /** Bytes on which tensors begin. */
    private static final int ALIGNMENT = 16;

    private final CudaRuntime runtime;
    private final AttentionKey key;
    private final DType dtype;
    private final boolean backward;
    private final Handles handles = new Handles();
    private final Map<AttentionTensor, MemorySegment> constants = new EnumMap<>(AttentionTensor.class);
    private final GraphDescriptor plan;
    private final long workBytes;

    /** @param dtype the type of all but the statistics: F16 or BF16 */
    AttentionGraph(CudaRuntime runtime, AttentionKey key, DType dtype, boolean backward) {
        this.runtime = runtime;
        this.key = key;
        this.dtype = dtype;
        this.backward = backward;
        boolean made = false;
        try {
            Arena arena = Arena.ofShared();
            handles.own(arena::close);
            constants.put(AttentionTensor.SCALE, arena.allocateFrom(ValueLayout.JAVA_FLOAT, (float) key.scale()));
            if (key.causal()) {
                MemorySegment blocked = arena.allocateFrom(ValueLayout.JAVA_FLOAT, Float.NEGATIVE_INFINITY);
                constants.put(AttentionTensor.BLOCKED, blocked);
            }
            plan = plan(graph(operation()));
            workBytes = plan.readLong(Cudnn.CUDNN_ATTR_EXECUTION_PLAN_WORKSPACE_SIZE());
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    private GraphDescriptor operation() {
        GraphDescriptor operation = descriptor(
                backward
                        ? Cudnn.CUDNN_BACKEND_OPERATION_SDPA_BWD_DESCRIPTOR()
                        : Cudnn.CUDNN_BACKEND_OPERATION_SDPA_FWD_DESCRIPTOR());
        for (AttentionTensor tensor : AttentionTensor.values()) {
            if (tensor.attribute(backward) >= 0 && takesPart(tensor)) {
                operation.link(tensor.attribute(backward), tensor(tensor));
            }
        }
        if (key.causal()) {
            int subgraph = backward
                    ? Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_SUBGRAPH()
                    : Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH();
            int input = backward
                    ? Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_SUBGRAPH_INPUT_UID()
                    : Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH_INPUT_UID();
            int output = backward
                    ? Cudnn.CUDNN_ATTR_OPERATION_SDPA_BWD_SUBGRAPH_OUTPUT_UID()
                    : Cudnn.CUDNN_ATTR_OPERATION_SDPA_FWD_SUBGRAPH_OUTPUT_UID();
            operation
                    .link(subgraph, graph(causalMask()))
                    .longs(input, AttentionTensor.SCORES.id())
                    .longs(output, AttentionTensor.MASKED_SCORES.id());
        }
        return operation.finish();
    }

    private boolean takesPart(AttentionTensor tensor) {
        return switch (tensor) {
            case LOG_SUM_EXP -> key.recording();
            case QUERY_LENGTHS, KEY_LENGTHS -> key.padding() == AttentionKey.Padding.LENGTHS;
            default -> true;
        };
    }

    /** Keeps the score of query i for key j where i ≥ j. */
    private GraphDescriptor causalMask() {
        return descriptor(Cudnn.CUDNN_BACKEND_OPERATION_DIAGONAL_BAND_MASK_DESCRIPTOR())
                .link(Cudnn.CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_XDESC(), tensor(AttentionTensor.SCORES))
                .link(Cudnn.CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_BDESC(), tensor(AttentionTensor.BLOCKED))
                .link(Cudnn.CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_YDESC(), tensor(AttentionTensor.MASKED_SCORES))
                .constant(
                        Cudnn.CUDNN_ATTR_OPERATION_DIAGONAL_BAND_MASK_COMPARISON_MODE(),
                        Cudnn.CUDNN_TYPE_POINTWISE_MODE(),
                        Cudnn.CUDNN_POINTWISE_CMP_GE())
                .finish();
    }

    private GraphDescriptor tensor(AttentionTensor tensor) {
        long[] sizes = sizes(tensor);
        long[] strides = new long[sizes.length];
        long stride = 1;
        for (int axis = sizes.length - 1; axis >= 0; axis--) {
            strides[axis] = stride;
            stride *= sizes[axis];
        }
        DType type = switch (tensor) {
            case QUERY_LENGTHS, KEY_LENGTHS -> DType.I32;
            case LOG_SUM_EXP, SCALE, SCORES, MASKED_SCORES, BLOCKED -> DType.F32;
            default -> dtype;
        };
        GraphDescriptor descriptor = descriptor(Cudnn.CUDNN_BACKEND_TENSOR_DESCRIPTOR())
                .longs(Cudnn.CUDNN_ATTR_TENSOR_UNIQUE_ID(), tensor.id())
                .constant(Cudnn.CUDNN_ATTR_TENSOR_DATA_TYPE(), Cudnn.CUDNN_TYPE_DATA_TYPE(), CudaTypes.dnn(type))
                .longs(Cudnn.CUDNN_ATTR_TENSOR_BYTE_ALIGNMENT(), ALIGNMENT)
                .longs(Cudnn.CUDNN_ATTR_TENSOR_DIMENSIONS(), sizes)
                .longs(Cudnn.CUDNN_ATTR_TENSOR_STRIDES(), strides);
        if (tensor == AttentionTensor.SCALE || tensor == AttentionTensor.BLOCKED) {
            descriptor.yes(Cudnn.CUDNN_ATTR_TENSOR_IS_BY_VALUE());
        } else if (tensor == AttentionTensor.SCORES || tensor == AttentionTensor.MASKED_SCORES) {
            descriptor.yes(Cudnn.CUDNN_ATTR_TENSOR_IS_VIRTUAL());
        }
        return descriptor.finish();
    }

    private long[] sizes(AttentionTensor tensor) {
        int batch = key.q().size(0);
        int heads = key.q().size(1);
        return switch (tensor) {
            case Q, DQ -> new long[] {batch, heads, key.queries(), key.headSize()};
            case K, DK -> new long[] {batch, heads, key.keys(), key.headSize()};
            case V, DV -> new long[] {batch, heads, key.keys(), key.valueSize()};
            case Y, DY -> new long[] {batch, heads, key.queries(), key.valueSize()};
            case LOG_SUM_EXP -> new long[] {batch, heads, key.queries(), 1};
            case SCORES, MASKED_SCORES -> new long[] {batch, heads, key.queries(), key.keys()};
            case QUERY_LENGTHS, KEY_LENGTHS -> new long[] {batch, 1, 1, 1};
            case SCALE, BLOCKED -> new long[] {1, 1, 1, 1};
        };
    }

    private GraphDescriptor graph(GraphDescriptor operation) {
        return descriptor(Cudnn.CUDNN_BACKEND_OPERATIONGRAPH_DESCRIPTOR())
                .addresses(Cudnn.CUDNN_ATTR_OPERATIONGRAPH_HANDLE(), Cudnn.CUDNN_TYPE_HANDLE(), runtime.dnn())
                .link(Cudnn.CUDNN_ATTR_OPERATIONGRAPH_OPS(), operation)
                .finish();
    }

    /** The first configuration, the best first as cuDNN guesses, of which a plan can be made. */
    private GraphDescriptor plan(GraphDescriptor graph) {
        GraphDescriptor heuristics = descriptor(Cudnn.CUDNN_BACKEND_ENGINEHEUR_DESCRIPTOR())
                .link(Cudnn.CUDNN_ATTR_ENGINEHEUR_OPERATION_GRAPH(), graph)
                .constant(Cudnn.CUDNN_ATTR_ENGINEHEUR_MODE(), Cudnn.CUDNN_TYPE_HEUR_MODE(), Cudnn.CUDNN_HEUR_MODE_A())
                .finish();
        List<GraphDescriptor> configurations = heuristics.readDescriptors(
                Cudnn.CUDNN_ATTR_ENGINEHEUR_RESULTS(), handles, Cudnn.CUDNN_BACKEND_ENGINECFG_DESCRIPTOR());
        CudaException last = null;
        for (GraphDescriptor configuration : configurations) {
            try {
                return descriptor(Cudnn.CUDNN_BACKEND_EXECUTION_PLAN_DESCRIPTOR())
                        .addresses(Cudnn.CUDNN_ATTR_EXECUTION_PLAN_HANDLE(), Cudnn.CUDNN_TYPE_HANDLE(), runtime.dnn())
                        .link(Cudnn.CUDNN_ATTR_EXECUTION_PLAN_ENGINE_CONFIG(), configuration)
                        .finish();
            } catch (CudaException refused) {
                if (!CudnnRefusal.isOne(refused)) {
                    throw refused;
                }
                last = refused;
            }
        }
        throw last != null ? last : CudnnRefusal.noEngine(backward ? "backward" : "forward");
    }

    private GraphDescriptor descriptor(int kind) {
        return new GraphDescriptor(handles, kind);
    }

    /** Queues it for tensors at those addresses of the device. */
    void execute(Map<AttentionTensor, MemorySegment> pointers, Scratch scratch) {
        Map<AttentionTensor, MemorySegment> all = new EnumMap<>(pointers);
        all.putAll(constants);
        MemorySegment work = scratch.bytes(workBytes);
        runtime.memory().repeatable(() -> execute(all, work));
    }

    private void execute(Map<AttentionTensor, MemorySegment> all, MemorySegment work) {
        long[] ids = all.keySet().stream().mapToLong(AttentionTensor::id).toArray();
        try (Handles ending = new Handles()) {
            GraphDescriptor pack = new GraphDescriptor(ending, Cudnn.CUDNN_BACKEND_VARIANT_PACK_DESCRIPTOR())
                    .longs(Cudnn.CUDNN_ATTR_VARIANT_PACK_UNIQUE_IDS(), ids)
                    .addresses(
                            Cudnn.CUDNN_ATTR_VARIANT_PACK_DATA_POINTERS(),
                            Cudnn.CUDNN_TYPE_VOID_PTR(),
                            all.values().toArray(MemorySegment[]::new))
                    .addresses(Cudnn.CUDNN_ATTR_VARIANT_PACK_WORKSPACE(), Cudnn.CUDNN_TYPE_VOID_PTR(), work)
                    .finish();
            CudaStatus.dnn(
                    "cudnnBackendExecute", Cudnn.cudnnBackendExecute(runtime.dnn(), plan.handle(), pack.handle()));
        }
    }

    @Override
    public void close() {
        handles.close();
    }
}
