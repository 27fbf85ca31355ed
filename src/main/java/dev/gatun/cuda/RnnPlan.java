package dev.gatun.cuda;

import dev.gatun.backend.BiasMode;
import dev.gatun.backend.CellType;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.WeightLayout;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** A recurrent stack as cuDNN describes it, whatever the batch: its descriptor, its dropout, and where its weights lie. */
final class RnnPlan implements AutoCloseable {
    /**
     * What tells plans apart.
     *
     * @param spec the stack
     * @param dtype the type of everything it reads and writes
     * @param drops whether dropout between layers is at work
     * @param mathType how cuDNN computes in F32
     * @param algorithm how it is run
     * @param builtFor the batch that a kernel is compiled for; 0 where none is
     */
    record Key(RecurrentSpec spec, DType dtype, boolean drops, int mathType, RnnAlgorithm algorithm, int builtFor) {
        static Key standard(RecurrentSpec spec, DType dtype, boolean drops, int mathType) {
            return new Key(spec, dtype, drops, mathType, RnnAlgorithm.STANDARD, 0);
        }

        Key with(RnnAlgorithm other, int batch) {
            return new Key(spec, dtype, drops, mathType, other, other == RnnAlgorithm.PERSIST_DYNAMIC ? batch : 0);
        }
    }

    private final CudaRuntime runtime;
    private final Key key;
    private final Handles handles = new Handles();
    private final MemorySegment descriptor;
    private final MemorySegment dropout;
    private final MemorySegment dropoutStates;
    private final long dropoutStateBytes;
    private final RnnWeights weights;
    private final @Nullable WeightLayout direct;

    RnnPlan(CudaRuntime runtime, Key key) {
        this.runtime = runtime;
        this.key = key;
        boolean made = false;
        try {
            descriptor = handles.open(
                    slot -> CudaStatus.dnn("cudnnCreateRNNDescriptor", Cudnn.cudnnCreateRNNDescriptor(slot)),
                    handle -> CudaStatus.dnn("cudnnDestroyRNNDescriptor", Cudnn.cudnnDestroyRNNDescriptor(handle)));
            dropout = key.drops() ? openDropout() : MemorySegment.NULL;
            dropoutStateBytes = key.drops() ? dropoutStateBytes() : 0;
            dropoutStates = key.drops() ? runtime.memory().reserve(dropoutStateBytes, handles) : MemorySegment.NULL;
            seed(new RandomStream(0, 0));
            if (key.builtFor() > 0) {
                CudaStatus.dnn(
                        "cudnnBuildRNNDynamic", Cudnn.cudnnBuildRNNDynamic(runtime.dnn(), descriptor, key.builtFor()));
            }
            weights = RnnWeights.query(runtime, descriptor, key.spec(), key.dtype());
            direct = weights.direct();
            made = true;
        } finally {
            if (!made) {
                close();
            }
        }
    }

    MemorySegment descriptor() {
        return descriptor;
    }

    RnnWeights weights() {
        return weights;
    }

    /** PyTorch's weights as views of cuDNN's weight space; null where they are not. */
    @Nullable
    WeightLayout direct() {
        return direct;
    }

    /** Begins a sequence of random numbers for dropout, as a function of the stream alone, and describes the stack with it. */
    void seed(RandomStream stream) {
        if (key.drops()) {
            CudaStatus.dnn(
                    "cudnnSetDropoutDescriptor",
                    Cudnn.cudnnSetDropoutDescriptor(
                            dropout,
                            runtime.dnn(),
                            (float) key.spec().dropout(),
                            dropoutStates,
                            dropoutStateBytes,
                            mix(stream)));
        }
        describe(descriptor, key, dropout);
    }

    /** Spreads seed and offset over one seed (Steele, Lea and Flood 2014). */
    private static long mix(RandomStream stream) {
        long z = stream.seed() + stream.offset() * 0x9E3779B97F4A7C15L;
        z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
        return z ^ (z >>> 31);
    }

    /** Sets a descriptor; dropout's is NULL where it is not at work. */
    static void describe(MemorySegment descriptor, Key key, MemorySegment dropout) {
        RecurrentSpec spec = key.spec();
        CudaStatus.dnn(
                "cudnnSetRNNDescriptor_v8",
                Cudnn.cudnnSetRNNDescriptor_v8(
                        descriptor,
                        key.algorithm().code(),
                        mode(spec.cell()),
                        bias(spec.bias()),
                        spec.bidirectional() ? Cudnn.CUDNN_BIDIRECTIONAL() : Cudnn.CUDNN_UNIDIRECTIONAL(),
                        Cudnn.CUDNN_LINEAR_INPUT(),
                        CudaTypes.dnn(key.dtype()),
                        CudaTypes.dnn(key.dtype()),
                        key.mathType(),
                        spec.inputSize(),
                        spec.hiddenSize(),
                        spec.stateSize(),
                        spec.layers(),
                        dropout,
                        Cudnn.CUDNN_RNN_PADDED_IO_ENABLED()));
        if (spec.clip() < RecurrentSpec.UNCLIPPED) {
            CudaStatus.dnn(
                    "cudnnRNNSetClip_v9",
                    Cudnn.cudnnRNNSetClip_v9(descriptor, Cudnn.CUDNN_RNN_CLIP_MINMAX(), -spec.clip(), spec.clip()));
        }
    }

    private static int mode(CellType cell) {
        return switch (cell) {
            case RNN_TANH -> Cudnn.CUDNN_RNN_TANH();
            case RNN_RELU -> Cudnn.CUDNN_RNN_RELU();
            case LSTM -> Cudnn.CUDNN_LSTM();
            case GRU -> Cudnn.CUDNN_GRU();
            case GRU_RESET_BEFORE ->
                throw new IllegalArgumentException("cudnn: has no GRU that resets before the product");
        };
    }

    private static int bias(BiasMode bias) {
        return switch (bias) {
            case NONE -> Cudnn.CUDNN_RNN_NO_BIAS();
            case SINGLE -> Cudnn.CUDNN_RNN_SINGLE_INP_BIAS();
            case DOUBLE -> Cudnn.CUDNN_RNN_DOUBLE_BIAS();
        };
    }

    private MemorySegment openDropout() {
        return handles.open(
                slot -> CudaStatus.dnn("cudnnCreateDropoutDescriptor", Cudnn.cudnnCreateDropoutDescriptor(slot)),
                handle -> CudaStatus.dnn("cudnnDestroyDropoutDescriptor", Cudnn.cudnnDestroyDropoutDescriptor(handle)));
    }

    private long dropoutStateBytes() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment bytes = arena.allocate(ValueLayout.JAVA_LONG);
            CudaStatus.dnn("cudnnDropoutGetStatesSize", Cudnn.cudnnDropoutGetStatesSize(runtime.dnn(), bytes));
            return bytes.get(ValueLayout.JAVA_LONG, 0);
        }
    }

    @Override
    public void close() {
        handles.close();
    }
}
