package dev.gatun.backend;

import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;

/**
 * Elements of a storage, as operations see them. A view does not hold a reference by itself: whoever keeps one for longer than a
 * call retains its storage.
 *
 * @param storage where the elements lie
 * @param dtype the elements' type
 * @param layout shape, strides and offset, all within the storage: the constructor checks it
 */
public record View(Storage storage, DType dtype, Layout layout) {
    /** Checks that every element lies within the storage. */
    public View {
        if (Math.multiplyExact(layout.extent(), (long) dtype.byteSize()) > storage.byteSize()) {
            throw new ShapeException(
                    "view", layout + " of " + dtype + " does not fit " + storage.byteSize() + " bytes");
        }
    }

    /** The sizes of the axes. */
    public Shape shape() {
        return layout.shape();
    }

    /** The number of axes. */
    public int rank() {
        return layout.shape().rank();
    }

    /** The size of one axis; negative axes count from the end. */
    public int size(int axis) {
        return layout.shape().size(axis);
    }

    /** The number of elements. */
    public long elements() {
        return layout.shape().elements();
    }

    /** Whether the elements follow one another row-major without gaps. */
    public boolean isContiguous() {
        return layout.isContiguous();
    }

    /** Other elements of the same storage. */
    public View with(Layout other) {
        return new View(storage, dtype, other);
    }

    /** The first element's place in the storage, in bytes. */
    public long byteOffset() {
        return layout.offset() * dtype.byteSize();
    }
}
