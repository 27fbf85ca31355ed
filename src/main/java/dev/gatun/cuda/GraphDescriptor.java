package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.cuda.binding.Cudnn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A descriptor of cuDNN's graph API: its attributes are set, then it is finished and others may link to it. It ends with its handles. */
final class GraphDescriptor {
    private final MemorySegment handle;

    /** @param kind one of the constants {@code CUDNN_BACKEND_…_DESCRIPTOR} */
    GraphDescriptor(Handles handles, int kind) {
        this.handle = handles.open(
                slot -> CudaStatus.dnn("cudnnBackendCreateDescriptor", Cudnn.cudnnBackendCreateDescriptor(kind, slot)),
                descriptor -> CudaStatus.dnn(
                        "cudnnBackendDestroyDescriptor", Cudnn.cudnnBackendDestroyDescriptor(descriptor)));
    }

    MemorySegment handle() {
        return handle;
    }

    /** Numbers of 64 bits. */
    GraphDescriptor longs(int attribute, long... values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment array = arena.allocateFrom(JAVA_LONG, values);
            return set(attribute, Cudnn.CUDNN_TYPE_INT64(), values.length, array);
        }
    }

    /** A constant of an enum, of which type says one of the constants {@code CUDNN_TYPE_…}. */
    GraphDescriptor constant(int attribute, int type, int value) {
        try (Arena arena = Arena.ofConfined()) {
            return set(attribute, type, 1, arena.allocateFrom(JAVA_INT, value));
        }
    }

    GraphDescriptor yes(int attribute) {
        try (Arena arena = Arena.ofConfined()) {
            return set(attribute, Cudnn.CUDNN_TYPE_BOOLEAN(), 1, arena.allocateFrom(JAVA_BYTE, (byte) 1));
        }
    }

    /** Addresses, of which type says one of the constants {@code CUDNN_TYPE_…}. */
    GraphDescriptor addresses(int attribute, int type, MemorySegment... values) {
        try (Arena arena = Arena.ofConfined()) {
            return set(attribute, type, values.length, array(arena, values));
        }
    }

    GraphDescriptor link(int attribute, GraphDescriptor... others) {
        MemorySegment[] values =
                Arrays.stream(others).map(GraphDescriptor::handle).toArray(MemorySegment[]::new);
        return addresses(attribute, Cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR(), values);
    }

    private GraphDescriptor set(int attribute, int type, long count, MemorySegment values) {
        CudaStatus.dnn(
                "cudnnBackendSetAttribute", Cudnn.cudnnBackendSetAttribute(handle, attribute, type, count, values));
        return this;
    }

    /** No attribute can be set from now on. */
    GraphDescriptor finish() {
        CudaStatus.dnn("cudnnBackendFinalize", Cudnn.cudnnBackendFinalize(handle));
        return this;
    }

    /** A number of 64 bits that cuDNN found. */
    long readLong(int attribute) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment value = arena.allocate(JAVA_LONG);
            get(attribute, Cudnn.CUDNN_TYPE_INT64(), 1, value);
            return value.get(JAVA_LONG, 0);
        }
    }

    /** Descriptors that cuDNN found, of one kind: they may be fewer than it counts. */
    List<GraphDescriptor> readDescriptors(int attribute, Handles handles, int kind) {
        int type = Cudnn.CUDNN_TYPE_BACKEND_DESCRIPTOR();
        List<GraphDescriptor> found = new ArrayList<>();
        for (long counted = get(attribute, type, 0, MemorySegment.NULL); found.size() < counted; ) {
            found.add(new GraphDescriptor(handles, kind));
        }
        if (found.isEmpty()) {
            return found;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] values = found.stream().map(GraphDescriptor::handle).toArray(MemorySegment[]::new);
            return found.subList(0, Math.toIntExact(get(attribute, type, values.length, array(arena, values))));
        }
    }

    private long get(int attribute, int type, long requested, MemorySegment values) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment count = arena.allocate(JAVA_LONG);
            CudaStatus.dnn(
                    "cudnnBackendGetAttribute",
                    Cudnn.cudnnBackendGetAttribute(handle, attribute, type, requested, count, values));
            return count.get(JAVA_LONG, 0);
        }
    }

    private static MemorySegment array(Arena arena, MemorySegment... values) {
        MemorySegment array = arena.allocate(ADDRESS, values.length);
        for (int i = 0; i < values.length; i++) {
            array.setAtIndex(ADDRESS, i, values[i]);
        }
        return array;
    }
}
