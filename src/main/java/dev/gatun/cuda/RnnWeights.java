package dev.gatun.cuda;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.cuda.binding.Cudnn;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Where cuDNN keeps the weights of a stack: one matrix or bias per gate, one matrix per projection, at places that it alone decides. Where the gates of every
 * PyTorch weight follow one another there, parameters live in cuDNN's own layout; where not, they are copied, gate by gate.
 *
 * @param bytes size of the weight space
 * @param dtype the type of the weights
 * @param plain PyTorch's weights one after another, without gaps
 * @param gates for every entry of {@code plain}, where cuDNN has each gate, in elements; of a projection, the one place where it is
 */
record RnnWeights(long bytes, DType dtype, WeightLayout plain, List<List<Long>> gates) {
    /** Asks cuDNN. */
    static RnnWeights query(CudaRuntime runtime, MemorySegment descriptor, RecurrentSpec spec, DType dtype) {
        WeightLayout plain = WeightLayout.packed(spec);
        try (Arena arena = Arena.ofConfined();
                Handles handles = new Handles()) {
            MemorySegment size = arena.allocate(ValueLayout.JAVA_LONG);
            CudaStatus.dnn(
                    "cudnnGetRNNWeightSpaceSize", Cudnn.cudnnGetRNNWeightSpaceSize(runtime.dnn(), descriptor, size));
            long bytes = size.get(ValueLayout.JAVA_LONG, 0);
            Storage space = runtime.memory().allocate(bytes);
            handles.own(space::release);
            Query query = new Query(
                    runtime, descriptor, bytes, runtime.memory().pointer(space, 0), tensor(handles), tensor(handles));
            List<List<Long>> gates = new ArrayList<>();
            int perLayer = plain.entries().size() / (spec.layers() * spec.directions());
            for (int entry = 0; entry < plain.entries().size(); entry++) {
                Kind kind = Kind.of(plain.entries().get(entry));
                gates.add(query.places(kind, spec.cell().gates(), dtype, entry / perLayer, arena));
            }
            return new RnnWeights(bytes, dtype, plain, gates);
        }
    }

    private static MemorySegment tensor(Handles handles) {
        return handles.open(
                slot -> CudaStatus.dnn("cudnnCreateTensorDescriptor", Cudnn.cudnnCreateTensorDescriptor(slot)),
                handle -> CudaStatus.dnn("cudnnDestroyTensorDescriptor", Cudnn.cudnnDestroyTensorDescriptor(handle)));
    }

    /** What cuDNN counts as linear layers: the gates' products with the input, then those with the hidden state, then the projection. */
    private enum Kind {
        WEIGHT_IH,
        WEIGHT_HH,
        BIAS_IH,
        BIAS_HH,
        WEIGHT_HR;

        static Kind of(WeightLayout.Entry entry) {
            String name = entry.name();
            return valueOf(name.substring(0, name.indexOf("_l")).toUpperCase(Locale.ROOT));
        }

        boolean isBias() {
            return this == BIAS_IH || this == BIAS_HH;
        }

        int firstLinear(int gates) {
            return switch (this) {
                case WEIGHT_IH, BIAS_IH -> 0;
                case WEIGHT_HH, BIAS_HH -> gates;
                case WEIGHT_HR -> 2 * gates;
            };
        }
    }

    private record Query(
            CudaRuntime runtime,
            MemorySegment descriptor,
            long bytes,
            MemorySegment space,
            MemorySegment matrix,
            MemorySegment bias) {
        List<Long> places(Kind kind, int gates, DType dtype, int pseudoLayer, Arena arena) {
            List<Long> offsets = new ArrayList<>();
            int first = kind.firstLinear(gates);
            int count = kind == Kind.WEIGHT_HR ? 1 : gates;
            MemorySegment matrixAt = arena.allocate(ValueLayout.ADDRESS);
            MemorySegment biasAt = arena.allocate(ValueLayout.ADDRESS);
            for (int linear = first; linear < first + count; linear++) {
                CudaStatus.dnn(
                        "cudnnGetRNNWeightParams",
                        Cudnn.cudnnGetRNNWeightParams(
                                runtime.dnn(),
                                descriptor,
                                pseudoLayer,
                                bytes,
                                space,
                                linear,
                                matrix,
                                matrixAt,
                                bias,
                                biasAt));
                MemorySegment at = (kind.isBias() ? biasAt : matrixAt).get(ValueLayout.ADDRESS, 0);
                offsets.add((at.address() - space.address()) / dtype.byteSize());
            }
            return offsets;
        }
    }

    /** PyTorch's weights as views of cuDNN's weight space; null where the gates of one do not follow one another. */
    @Nullable
    WeightLayout direct() {
        List<WeightLayout.Entry> entries = new ArrayList<>();
        for (int i = 0; i < gates.size(); i++) {
            WeightLayout.Entry entry = plain.entries().get(i);
            List<Long> offsets = gates.get(i);
            long each = entry.layout().shape().elements() / offsets.size();
            for (int gate = 1; gate < offsets.size(); gate++) {
                if (offsets.get(gate) != offsets.getFirst() + gate * each) {
                    return null;
                }
            }
            entries.add(new WeightLayout.Entry(
                    entry.name(), Layout.contiguous(entry.layout().shape(), offsets.getFirst())));
        }
        return new WeightLayout(bytes / dtype.byteSize(), entries);
    }

    /** Copies between packed weights in a backend's layout and cuDNN's weight space. */
    void copy(CudaMemory memory, WeightLayout layout, View packed, View space, boolean toSpace) {
        for (int i = 0; i < gates.size(); i++) {
            Layout entry = layout.entries().get(i).layout();
            List<Long> offsets = gates.get(i);
            int rows = entry.shape().size(0) / offsets.size();
            for (int gate = 0; gate < offsets.size(); gate++) {
                Layout part = Layout.contiguous(entry.shape(), packed.layout().offset() + entry.offset())
                        .slice(0, gate * rows, (gate + 1) * rows);
                View ours = packed.with(part);
                View theirs = space.with(Layout.contiguous(part.shape(), offsets.get(gate)));
                memory.copy(toSpace ? ours : theirs, toSpace ? theirs : ours);
            }
        }
    }

    /** Shape of the weight space, in elements. */
    Shape shape() {
        return Shape.of(Math.toIntExact(bytes / dtype.byteSize()));
    }
}
