package dev.gatun.io;

import dev.gatun.Device;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Set;

/** The elements of a tensor between a file's byte order and the machine's. */
final class Elements {
    private Elements() {}

    /** A tensor of row-major elements in the given byte order; {@code bytes} may be read-only and at any alignment. */
    static Tensor toTensor(MemorySegment bytes, ByteOrder order, DType dtype, Shape shape, Device device) {
        if (order == ByteOrder.nativeOrder()) {
            return Tensor.copyOf(device, bytes, dtype, shape);
        }
        try (Arena arena = Arena.ofShared()) {
            MemorySegment swapped = arena.allocate(bytes.byteSize(), Long.BYTES).copyFrom(bytes);
            swap(swapped, dtype.byteSize());
            return Tensor.copyOf(device, swapped, dtype, shape);
        }
    }

    /** Copies a tensor's elements, row-major in the given byte order, into a segment of just their size. */
    static void fromTensor(Tensor tensor, MemorySegment bytes, ByteOrder order) {
        tensor.copyTo(bytes);
        if (order != ByteOrder.nativeOrder()) {
            swap(bytes, tensor.dtype().byteSize());
        }
    }

    /** Reverses the bytes of every element. */
    static void swap(MemorySegment bytes, int width) {
        for (long at = 0; at < bytes.byteSize(); at += width) {
            for (int i = 0, j = width - 1; i < j; i++, j--) {
                byte first = bytes.get(ValueLayout.JAVA_BYTE, at + i);
                bytes.set(ValueLayout.JAVA_BYTE, at + i, bytes.get(ValueLayout.JAVA_BYTE, at + j));
                bytes.set(ValueLayout.JAVA_BYTE, at + j, first);
            }
        }
    }

    static MalformedFileException unsupported(Path file, TensorEntry entry, String supported) {
        return new MalformedFileException(
                file,
                "tensor '" + entry.name() + "' has type " + entry.type() + ", which Gatun does not hold; it reads "
                        + supported);
    }

    static IllegalArgumentException missing(Path file, String name, Set<String> names) {
        String some = String.join(", ", names.stream().limit(10).toList());
        return new IllegalArgumentException(file + ": no tensor named '" + name + "' among " + names.size() + ": "
                + some + (names.size() > 10 ? ", …" : ""));
    }
}
