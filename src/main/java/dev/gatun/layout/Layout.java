package dev.gatun.layout;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Where a tensor's elements lie in its storage: element {@code (i, j, …)} is at {@code offset + i·stride(0) + j·stride(1) + …},
 * counted in elements. Immutable. Strides are never negative; a stride of 0 repeats (broadcasting).
 */
public final class Layout {
    private final Shape shape;
    private final long[] strides;
    private final long offset;

    private Layout(Shape shape, long[] strides, long offset) {
        this.shape = shape;
        this.strides = strides;
        this.offset = offset;
    }

    /** Row-major without gaps, from the given element on. */
    public static Layout contiguous(Shape shape, long offset) {
        return new Layout(shape, contiguousStrides(shape), offset);
    }

    /** Row-major without gaps, from element 0. */
    public static Layout contiguous(Shape shape) {
        return contiguous(shape, 0);
    }

    /** Any strides. */
    public static Layout strided(Shape shape, long[] strides, long offset) {
        boolean negative = offset < 0 || Arrays.stream(strides).anyMatch(stride -> stride < 0);
        if (strides.length != shape.rank() || negative) {
            throw new ShapeException(
                    "layout", "shape " + shape + " with strides " + Arrays.toString(strides) + " and offset " + offset);
        }
        return new Layout(shape, strides.clone(), offset);
    }

    private static long[] contiguousStrides(Shape shape) {
        long[] strides = new long[shape.rank()];
        long step = 1;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            strides[axis] = step;
            step *= shape.size(axis);
        }
        return strides;
    }

    /** The sizes of the axes. */
    public Shape shape() {
        return shape;
    }

    /** The first element's place in the storage, in elements. */
    public long offset() {
        return offset;
    }

    /** The distance between neighbours along one axis, in elements; negative axes count from the end. */
    public long stride(int axis) {
        return strides[shape.axis("layout", axis)];
    }

    /** One past the last element's place in the storage: what the storage must at least hold, in elements; 0 without elements. */
    public long extent() {
        if (shape.elements() == 0) {
            return 0;
        }
        long last = offset;
        for (int axis = 0; axis < strides.length; axis++) {
            last = Math.addExact(last, Math.multiplyExact(strides[axis], (long) shape.size(axis) - 1));
        }
        return Math.addExact(last, 1);
    }

    /** Whether the elements follow one another row-major without gaps (axes of size 1 do not count). */
    public boolean isContiguous() {
        return isContiguousFrom(0);
    }

    /** Whether the axes from {@code axis} on are contiguous among themselves, so that they can be walked as one run. */
    public boolean isContiguousFrom(int axis) {
        long step = 1;
        for (int i = shape.rank() - 1; i >= axis; i--) {
            if (shape.size(i) != 1 && strides[i] != step) {
                return shape.elements() == 0;
            }
            step *= shape.size(i);
        }
        return true;
    }

    /** The same elements repeated along axes of size 1 and new leading axes until the shape is {@code target}. */
    public Layout broadcastTo(String operation, Shape target) {
        int added = target.rank() - shape.rank();
        long[] expanded = new long[target.rank()];
        boolean fits = added >= 0;
        for (int axis = Math.max(added, 0); fits && axis < target.rank(); axis++) {
            int size = shape.size(axis - added);
            expanded[axis] = size == target.size(axis) ? strides[axis - added] : 0;
            fits = size == target.size(axis) || size == 1;
        }
        if (!fits) {
            throw new ShapeException(operation, "cannot broadcast " + shape + " to " + target);
        }
        return new Layout(target, expanded, offset);
    }

    /** Two axes exchanged. */
    public Layout transpose(int first, int second) {
        int a = shape.axis("transpose", first);
        int b = shape.axis("transpose", second);
        long[] exchanged = strides.clone();
        exchanged[a] = strides[b];
        exchanged[b] = strides[a];
        return new Layout(shape.with(a, shape.size(b)).with(b, shape.size(a)), exchanged, offset);
    }

    /** Axis {@code i} of the result is axis {@code order[i]} of this. */
    public Layout permute(int... order) {
        int[] sizes = new int[shape.rank()];
        long[] moved = new long[shape.rank()];
        boolean[] seen = new boolean[shape.rank()];
        if (order.length != shape.rank()) {
            throw new ShapeException("permute", "order " + Arrays.toString(order) + " does not fit " + shape);
        }
        for (int i = 0; i < order.length; i++) {
            int axis = shape.axis("permute", order[i]);
            if (seen[axis]) {
                throw new ShapeException("permute", "order " + Arrays.toString(order) + " names an axis twice");
            }
            seen[axis] = true;
            sizes[i] = shape.size(axis);
            moved[i] = strides[axis];
        }
        return new Layout(Shape.of(sizes), moved, offset);
    }

    /** The part of one axis from {@code from} (inclusive) to {@code to} (exclusive). */
    public Layout slice(int axis, int from, int to) {
        int sliced = shape.axis("slice", axis);
        if (from < 0 || to < from || to > shape.size(sliced)) {
            throw new ShapeException(
                    "slice", "range " + from + " to " + to + " does not fit axis " + axis + " of " + shape);
        }
        return new Layout(shape.with(sliced, to - from), strides, offset + (from == to ? 0 : from * strides[sliced]));
    }

    /** One index of one axis; that axis is gone. */
    public Layout select(int axis, int index) {
        int selected = shape.axis("select", axis);
        if (index < 0 || index >= shape.size(selected)) {
            throw new ShapeException("select", "index " + index + " does not fit axis " + axis + " of " + shape);
        }
        long[] rest = new long[strides.length - 1];
        System.arraycopy(strides, 0, rest, 0, selected);
        System.arraycopy(strides, selected + 1, rest, selected, rest.length - selected);
        return new Layout(shape.without(selected), rest, offset + index * strides[selected]);
    }

    /** The same elements in the same order under another shape, or null where only a copy could have it. */
    public @Nullable Layout reshape(Shape target) {
        if (target.elements() != shape.elements()) {
            throw new ShapeException(
                    "reshape",
                    shape + " has " + shape.elements() + " elements, " + target + " has " + target.elements());
        }
        if (isContiguous()) {
            return contiguous(target, offset);
        }
        long[] split = new long[target.rank()];
        int from = 0;
        int to = 0;
        while (from < shape.rank() && to < target.rank()) {
            int fromEnd = from + 1;
            int toEnd = to + 1;
            long have = shape.size(from);
            long want = target.size(to);
            while (have != want) {
                if (have < want) {
                    have *= shape.size(fromEnd++);
                } else {
                    want *= target.size(toEnd++);
                }
            }
            long stride = runStride(from, fromEnd);
            if (stride < 0) {
                return null;
            }
            for (int axis = toEnd - 1; axis >= to; axis--) {
                split[axis] = stride;
                stride *= target.size(axis);
            }
            from = fromEnd;
            to = toEnd;
        }
        return new Layout(target, split, offset);
    }

    /** The stride at which axes {@code from} to {@code to} can be walked as one axis, or -1. */
    private long runStride(int from, int to) {
        long expected = -1;
        long innermost = 1;
        for (int axis = to - 1; axis >= from; axis--) {
            if (shape.size(axis) == 1) {
                continue;
            }
            if (expected == -1) {
                innermost = strides[axis];
            } else if (strides[axis] != expected) {
                return -1;
            }
            expected = strides[axis] * shape.size(axis);
        }
        return innermost;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Layout layout
                && shape.equals(layout.shape)
                && offset == layout.offset
                && Arrays.equals(strides, layout.strides);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(strides) * 31 + shape.hashCode();
    }

    @Override
    public String toString() {
        return shape + " strides " + Arrays.toString(strides) + " offset " + offset;
    }
}
