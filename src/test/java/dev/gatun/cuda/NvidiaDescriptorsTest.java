package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.BiasMode;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What is set in descriptors of NVIDIA's own cuDNN is read from them, and what is wrong is refused in cuDNN's words.
/// No GPU is needed.
@Tag("nvidia")
class NvidiaDescriptorsTest {
    private static final Map<CellType, Integer> CELLS = Map.of(
            CellType.RNN_RELU, Cudnn.CUDNN_RNN_RELU(),
            CellType.RNN_TANH, Cudnn.CUDNN_RNN_TANH(),
            CellType.LSTM, Cudnn.CUDNN_LSTM(),
            CellType.GRU, Cudnn.CUDNN_GRU());
    private static final Map<BiasMode, Integer> BIASES = Map.of(
            BiasMode.NONE, Cudnn.CUDNN_RNN_NO_BIAS(),
            BiasMode.SINGLE, Cudnn.CUDNN_RNN_SINGLE_INP_BIAS(),
            BiasMode.DOUBLE, Cudnn.CUDNN_RNN_DOUBLE_BIAS());

    private final Handles handles = new Handles();
    private final Arena arena = Arena.ofConfined();

    @BeforeEach
    void librariesAreThere() {
        assertEquals(Optional.empty(), CudaLibraries.get().problem());
    }

    @AfterEach
    void close() {
        handles.close();
        arena.close();
    }

    private MemorySegment open(ToIntFunction<MemorySegment> creation, ToIntFunction<MemorySegment> end) {
        return handles.open(
                slot -> CudaStatus.dnn("create", creation.applyAsInt(slot)),
                handle -> CudaStatus.dnn("destroy", end.applyAsInt(handle)));
    }

    private MemorySegment recurrent() {
        return open(Cudnn::cudnnCreateRNNDescriptor, Cudnn::cudnnDestroyRNNDescriptor);
    }

    private MemorySegment ints(int... values) {
        return arena.allocateFrom(JAVA_INT, values);
    }

    /// Numbers that a call writes into as many slots, each by a pointer of its own.
    private int[] read(int count, String call, ToIntFunction<IntFunction<MemorySegment>> getter) {
        MemorySegment slots = arena.allocate(JAVA_INT, count);
        IntFunction<MemorySegment> slot = i -> slots.asSlice((long) i * Integer.BYTES, Integer.BYTES);
        CudaStatus.dnn(call, getter.applyAsInt(slot));
        return slots.toArray(JAVA_INT);
    }

    private static String refusal(String call, int status) {
        return assertThrows(CudaException.class, () -> CudaStatus.dnn(call, status))
                .getMessage();
    }

    static List<RecurrentSpec> stacks() {
        List<RecurrentSpec> stacks = new ArrayList<>();
        for (CellType cell : CELLS.keySet()) {
            for (BiasMode bias : BiasMode.values()) {
                RecurrentSpec spec = RecurrentSpec.of(cell, 5, 7)
                        .withLayers(3)
                        .withBias(bias)
                        .withDropout(0.25);
                stacks.add(spec);
                stacks.add(spec.withBothDirections());
            }
        }
        RecurrentSpec lstm = RecurrentSpec.of(CellType.LSTM, 5, 7).withLayers(2);
        stacks.add(lstm.withProjection(3));
        stacks.add(lstm.withClip(0.25));
        stacks.add(lstm.withProjection(6).withClip(2).withBothDirections());
        return stacks;
    }

    private int[] settings(MemorySegment descriptor) {
        return read(
                13,
                "cudnnGetRNNDescriptor_v8",
                at -> Cudnn.cudnnGetRNNDescriptor_v8(
                        descriptor,
                        at.apply(0),
                        at.apply(1),
                        at.apply(2),
                        at.apply(3),
                        at.apply(4),
                        at.apply(5),
                        at.apply(6),
                        at.apply(7),
                        at.apply(8),
                        at.apply(9),
                        at.apply(10),
                        at.apply(11),
                        arena.allocate(ADDRESS),
                        at.apply(12)));
    }

    @ParameterizedTest
    @MethodSource("stacks")
    void stacks(RecurrentSpec spec) {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            for (RnnAlgorithm algorithm : RnnAlgorithm.values()) {
                if (takes(algorithm, spec, dtype)) {
                    assertDescribes(spec, algorithm, dtype);
                } else {
                    CudaException refused =
                            assertThrows(CudaException.class, () -> assertDescribes(spec, algorithm, dtype));
                    assertEquals(Cudnn.CUDNN_STATUS_NOT_SUPPORTED(), refused.status(), spec + " " + algorithm);
                }
            }
        }
    }

    /// Persistent algorithms take no projection and want both biases, and all but the one whose kernel is compiled for
    /// the batch want F32.
    private static boolean takes(RnnAlgorithm algorithm, RecurrentSpec spec, DType dtype) {
        if (spec.projection() > 0) {
            return algorithm == RnnAlgorithm.STANDARD;
        }
        return switch (algorithm) {
            case STANDARD -> true;
            case PERSIST_DYNAMIC -> spec.bias() == BiasMode.DOUBLE;
            case PERSIST_STATIC, PERSIST_STATIC_SMALL_H -> spec.bias() == BiasMode.DOUBLE && dtype == DType.F32;
        };
    }

    private void assertDescribes(RecurrentSpec spec, RnnAlgorithm algorithm, DType dtype) {
        MemorySegment descriptor = recurrent();
        int mathType = Cudnn.CUDNN_FMA_MATH();
        RnnPlan.Key key = RnnPlan.Key.standard(spec, dtype, false, mathType).with(algorithm, 4);
        RnnPlan.describe(descriptor, key, MemorySegment.NULL);
        int[] found = settings(descriptor);
        int type = CudaTypes.dnn(dtype);
        int[] expected = {
            algorithm.code(),
            CELLS.get(spec.cell()),
            BIASES.get(spec.bias()),
            spec.bidirectional() ? Cudnn.CUDNN_BIDIRECTIONAL() : Cudnn.CUDNN_UNIDIRECTIONAL(),
            Cudnn.CUDNN_LINEAR_INPUT(),
            type,
            type,
            mathType,
            spec.inputSize(),
            spec.hiddenSize(),
            spec.stateSize(),
            spec.layers(),
            Cudnn.CUDNN_RNN_PADDED_IO_ENABLED()
        };
        assertArrayEquals(expected, found, spec + " " + algorithm);
    }

    @Test
    void clipping() {
        RecurrentSpec spec = RecurrentSpec.of(CellType.LSTM, 5, 7).withClip(2.5);
        MemorySegment descriptor = recurrent();
        RnnPlan.Key key = RnnPlan.Key.standard(spec, DType.F32, false, Cudnn.CUDNN_FMA_MATH());
        RnnPlan.describe(descriptor, key, MemorySegment.NULL);
        MemorySegment bounds = arena.allocate(JAVA_DOUBLE, 2);
        int[] mode = read(
                1,
                "cudnnRNNGetClip_v9",
                at -> Cudnn.cudnnRNNGetClip_v9(
                        descriptor, at.apply(0), bounds, bounds.asSlice(Double.BYTES, Double.BYTES)));
        assertArrayEquals(new int[] {Cudnn.CUDNN_RNN_CLIP_MINMAX()}, mode);
        assertArrayEquals(new double[] {-2.5, 2.5}, bounds.toArray(JAVA_DOUBLE));
    }

    private int setData(MemorySegment descriptor, int layout, int... lengths) {
        return Cudnn.cudnnSetRNNDataDescriptor(
                descriptor,
                Cudnn.CUDNN_DATA_FLOAT(),
                layout,
                9,
                lengths.length,
                4,
                ints(lengths),
                arena.allocateFrom(JAVA_LONG, 0));
    }

    @Test
    void recurrentData() {
        MemorySegment descriptor = open(Cudnn::cudnnCreateRNNDataDescriptor, Cudnn::cudnnDestroyRNNDataDescriptor);
        int layout = Cudnn.CUDNN_RNN_DATA_LAYOUT_BATCH_MAJOR_UNPACKED();
        CudaStatus.dnn("cudnnSetRNNDataDescriptor", setData(descriptor, layout, 3, 9, 1));
        MemorySegment lengths = arena.allocate(JAVA_INT, 3);
        int[] found = read(
                5,
                "cudnnGetRNNDataDescriptor",
                at -> Cudnn.cudnnGetRNNDataDescriptor(
                        descriptor,
                        at.apply(0),
                        at.apply(1),
                        at.apply(2),
                        at.apply(3),
                        at.apply(4),
                        3,
                        lengths,
                        arena.allocate(JAVA_LONG)));
        assertArrayEquals(new int[] {Cudnn.CUDNN_DATA_FLOAT(), layout, 9, 3, 4}, found);
        assertArrayEquals(new int[] {3, 9, 1}, lengths.toArray(JAVA_INT), "unsorted lengths stay as they are");
    }

    @Test
    void tensors() {
        MemorySegment descriptor = open(Cudnn::cudnnCreateTensorDescriptor, Cudnn::cudnnDestroyTensorDescriptor);
        CudaStatus.dnn(
                "cudnnSetTensorNdDescriptor",
                Cudnn.cudnnSetTensorNdDescriptor(
                        descriptor, Cudnn.CUDNN_DATA_DOUBLE(), 3, ints(2, 3, 5), ints(15, 5, 1)));
        MemorySegment sizes = arena.allocate(JAVA_INT, 3);
        MemorySegment strides = arena.allocate(JAVA_INT, 3);
        int[] found = read(
                2,
                "cudnnGetTensorNdDescriptor",
                at -> Cudnn.cudnnGetTensorNdDescriptor(descriptor, 3, at.apply(0), at.apply(1), sizes, strides));
        assertArrayEquals(new int[] {Cudnn.CUDNN_DATA_DOUBLE(), 3}, found);
        assertArrayEquals(new int[] {2, 3, 5}, sizes.toArray(JAVA_INT));
        assertArrayEquals(new int[] {15, 5, 1}, strides.toArray(JAVA_INT));
    }

    @Test
    void attention() {
        MemorySegment descriptor = open(Cudnn::cudnnCreateAttnDescriptor, Cudnn::cudnnDestroyAttnDescriptor);
        int mode = Cudnn.CUDNN_ATTN_QUERYMAP_ALL_TO_ONE() | Cudnn.CUDNN_ATTN_DISABLE_PROJ_BIASES();
        int type = Cudnn.CUDNN_DATA_FLOAT();
        int math = Cudnn.CUDNN_FMA_MATH();
        MemorySegment none = MemorySegment.NULL;
        CudaStatus.dnn(
                "cudnnSetAttnDescriptor",
                Cudnn.cudnnSetAttnDescriptor(
                        descriptor, mode, 1, 0.125, type, type, math, none, none, 8, 8, 12, 0, 0, 0, 0, 6, 7, 3, 1));
        MemorySegment scale = arena.allocate(JAVA_DOUBLE);
        int[] found = read(
                16,
                "cudnnGetAttnDescriptor",
                at -> Cudnn.cudnnGetAttnDescriptor(
                        descriptor,
                        at.apply(0),
                        at.apply(1),
                        scale,
                        at.apply(2),
                        at.apply(3),
                        at.apply(4),
                        arena.allocate(ADDRESS),
                        arena.allocate(ADDRESS),
                        at.apply(5),
                        at.apply(6),
                        at.apply(7),
                        at.apply(8),
                        at.apply(9),
                        at.apply(10),
                        at.apply(11),
                        at.apply(12),
                        at.apply(13),
                        at.apply(14),
                        at.apply(15)));
        assertArrayEquals(new int[] {mode, 1, type, type, math, 8, 8, 12, 0, 0, 0, 0, 6, 7, 3, 1}, found);
        assertEquals(0.125, scale.get(JAVA_DOUBLE, 0));
    }

    private int setSequences(MemorySegment descriptor, int... lengths) {
        int[] sizes = new int[Cudnn.CUDNN_SEQDATA_DIM_COUNT()];
        sizes[Cudnn.CUDNN_SEQDATA_BATCH_DIM()] = lengths.length;
        sizes[Cudnn.CUDNN_SEQDATA_BEAM_DIM()] = 1;
        sizes[Cudnn.CUDNN_SEQDATA_TIME_DIM()] = 6;
        sizes[Cudnn.CUDNN_SEQDATA_VECT_DIM()] = 8;
        return Cudnn.cudnnSetSeqDataDescriptor(
                descriptor,
                Cudnn.CUDNN_DATA_FLOAT(),
                sizes.length,
                ints(sizes),
                ints(order()),
                lengths.length,
                ints(lengths),
                MemorySegment.NULL);
    }

    private static int[] order() {
        return new int[] {
            Cudnn.CUDNN_SEQDATA_BATCH_DIM(),
            Cudnn.CUDNN_SEQDATA_BEAM_DIM(),
            Cudnn.CUDNN_SEQDATA_TIME_DIM(),
            Cudnn.CUDNN_SEQDATA_VECT_DIM()
        };
    }

    @Test
    void sequences() {
        MemorySegment descriptor = open(Cudnn::cudnnCreateSeqDataDescriptor, Cudnn::cudnnDestroySeqDataDescriptor);
        CudaStatus.dnn("cudnnSetSeqDataDescriptor", setSequences(descriptor, 6, 2, 5));
        int rank = Cudnn.CUDNN_SEQDATA_DIM_COUNT();
        MemorySegment sizes = arena.allocate(JAVA_INT, rank);
        MemorySegment axes = arena.allocate(JAVA_INT, rank);
        MemorySegment count = arena.allocate(JAVA_LONG);
        MemorySegment lengths = arena.allocate(JAVA_INT, 3);
        int[] found = read(
                2,
                "cudnnGetSeqDataDescriptor",
                at -> Cudnn.cudnnGetSeqDataDescriptor(
                        descriptor, at.apply(0), at.apply(1), rank, sizes, axes, count, 3, lengths, arena.allocate(8)));
        assertArrayEquals(new int[] {Cudnn.CUDNN_DATA_FLOAT(), rank}, found);
        assertEquals(3, sizes.getAtIndex(JAVA_INT, Cudnn.CUDNN_SEQDATA_BATCH_DIM()));
        assertEquals(8, sizes.getAtIndex(JAVA_INT, Cudnn.CUDNN_SEQDATA_VECT_DIM()));
        assertArrayEquals(order(), axes.toArray(JAVA_INT));
        assertEquals(3, count.get(JAVA_LONG, 0));
        assertArrayEquals(new int[] {6, 2, 5}, lengths.toArray(JAVA_INT));
    }

    @Test
    void unsortedLengthsOfPackedDataAreRefused() {
        MemorySegment descriptor = open(Cudnn::cudnnCreateRNNDataDescriptor, Cudnn::cudnnDestroyRNNDataDescriptor);
        int packed = Cudnn.CUDNN_RNN_DATA_LAYOUT_SEQ_MAJOR_PACKED();
        String message = refusal("cudnnSetRNNDataDescriptor", setData(descriptor, packed, 3, 9, 1));
        assertTrue(
                message.startsWith("cudnnSetRNNDataDescriptor: failed with " + Cudnn.CUDNN_STATUS_BAD_PARAM()
                        + " CUDNN_STATUS_BAD_PARAM: "),
                message);
        assertTrue(message.contains("isSortedSequences == false"), message);
    }

    @Test
    void lengthsBeyondTheirTensorAreRefused() {
        MemorySegment descriptor = open(Cudnn::cudnnCreateSeqDataDescriptor, Cudnn::cudnnDestroySeqDataDescriptor);
        String message = refusal("cudnnSetSeqDataDescriptor", setSequences(descriptor, 6, 7));
        assertTrue(message.contains(" CUDNN_STATUS_BAD_PARAM"), message);
    }

    @Test
    void tensorsOfNoElementAreRefused() {
        MemorySegment descriptor = open(Cudnn::cudnnCreateTensorDescriptor, Cudnn::cudnnDestroyTensorDescriptor);
        String message = refusal(
                "cudnnSetTensorNdDescriptor",
                Cudnn.cudnnSetTensorNdDescriptor(
                        descriptor, Cudnn.CUDNN_DATA_FLOAT(), 3, ints(2, 0, 5), ints(5, 5, 1)));
        assertTrue(message.contains(" CUDNN_STATUS_BAD_PARAM"), message);
    }

    @Test
    void aProjectionWiderThanTheStateIsRefused() {
        MemorySegment descriptor = recurrent();
        int status = Cudnn.cudnnSetRNNDescriptor_v8(
                descriptor,
                Cudnn.CUDNN_RNN_ALGO_STANDARD(),
                Cudnn.CUDNN_LSTM(),
                Cudnn.CUDNN_RNN_DOUBLE_BIAS(),
                Cudnn.CUDNN_UNIDIRECTIONAL(),
                Cudnn.CUDNN_LINEAR_INPUT(),
                Cudnn.CUDNN_DATA_FLOAT(),
                Cudnn.CUDNN_DATA_FLOAT(),
                Cudnn.CUDNN_FMA_MATH(),
                5,
                7,
                8,
                1,
                MemorySegment.NULL,
                Cudnn.CUDNN_RNN_PADDED_IO_ENABLED());
        String message = refusal("cudnnSetRNNDescriptor_v8", status);
        assertTrue(message.contains(" CUDNN_STATUS_NOT_SUPPORTED"), message);
    }
}
