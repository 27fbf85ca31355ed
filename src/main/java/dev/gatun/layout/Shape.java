package dev.gatun.layout;

import java.util.Arrays;

/** The sizes of a tensor's axes, outermost first. Immutable. A shape of rank 0 is a scalar, with one element. */
public final class Shape {
    /** The shape of a single number. */
    public static final Shape SCALAR = new Shape(new int[0]);

    private static final long MOST_ELEMENTS = Long.MAX_VALUE / Long.BYTES;

    private final int[] sizes;
    private final long elements;

    private Shape(int[] sizes) {
        this.sizes = sizes;
        long product = 1;
        boolean empty = false;
        for (int size : sizes) {
            if (size < 0) {
                throw new ShapeException("shape", "axis sizes cannot be negative: " + Arrays.toString(sizes));
            }
            empty |= size == 0;
            product = checkedProduct(product, Math.max(size, 1), sizes);
        }
        this.elements = empty ? 0 : product;
    }

    /** Strides and the bytes of any type then fit a long, wherever in a shape a 0 stands. */
    private static long checkedProduct(long product, int size, int[] sizes) {
        long high = Math.multiplyHigh(product, size);
        long low = product * size;
        if (high != 0 || low < 0 || low > MOST_ELEMENTS) {
            throw new ShapeException("shape", "too many elements: " + Arrays.toString(sizes));
        }
        return low;
    }

    /** A shape of the given axis sizes. */
    public static Shape of(int... sizes) {
        return sizes.length == 0 ? SCALAR : new Shape(sizes.clone());
    }

    /** The number of axes. */
    public int rank() {
        return sizes.length;
    }

    /** The number of elements: the product of all sizes. */
    public long elements() {
        return elements;
    }

    /** The size of one axis; negative axes count from the end, -1 being the last. */
    public int size(int axis) {
        return sizes[axis("shape", axis)];
    }

    /** The sizes as a new array. */
    public int[] toArray() {
        return sizes.clone();
    }

    /** The axis as a number from 0 to rank - 1, or an error that names the operation. */
    public int axis(String operation, int axis) {
        int positive = axis < 0 ? axis + rank() : axis;
        if (positive < 0 || positive >= rank()) {
            throw new ShapeException(operation, "axis " + axis + " does not exist in " + this);
        }
        return positive;
    }

    /** This shape with one axis resized. */
    public Shape with(int axis, int size) {
        int[] changed = sizes.clone();
        changed[axis("shape", axis)] = size;
        return new Shape(changed);
    }

    /** This shape without one axis. */
    public Shape without(int axis) {
        int gone = axis("shape", axis);
        int[] rest = new int[rank() - 1];
        System.arraycopy(sizes, 0, rest, 0, gone);
        System.arraycopy(sizes, gone + 1, rest, gone, rest.length - gone);
        return new Shape(rest);
    }

    /** This shape with one more axis of the given size before {@code axis} (0 to rank). */
    public Shape inserted(int axis, int size) {
        if (axis < 0 || axis > rank()) {
            throw new ShapeException("shape", "cannot insert axis " + axis + " into " + this);
        }
        int[] more = new int[rank() + 1];
        System.arraycopy(sizes, 0, more, 0, axis);
        more[axis] = size;
        System.arraycopy(sizes, axis, more, axis + 1, rank() - axis);
        return new Shape(more);
    }

    /** The axes from {@code from} (inclusive) to {@code to} (exclusive) as a shape of their own. */
    public Shape range(int from, int to) {
        return from == to ? SCALAR : new Shape(Arrays.copyOfRange(sizes, from, to));
    }

    /** This shape followed by the axes of another. */
    public Shape concat(Shape other) {
        int[] both = Arrays.copyOf(sizes, rank() + other.rank());
        System.arraycopy(other.sizes, 0, both, rank(), other.rank());
        return new Shape(both);
    }

    /**
     * The shape that two shapes broadcast to: aligned at the last axis, each pair of sizes is equal or holds a 1 (NumPy's
     * rule).
     *
     * @throws ShapeException if they cannot be broadcast together
     */
    public static Shape broadcast(String operation, Shape a, Shape b) {
        int rank = Math.max(a.rank(), b.rank());
        int[] sizes = new int[rank];
        for (int i = 1; i <= rank; i++) {
            int left = i <= a.rank() ? a.sizes[a.rank() - i] : 1;
            int right = i <= b.rank() ? b.sizes[b.rank() - i] : 1;
            if (left != right && left != 1 && right != 1) {
                throw new ShapeException(operation, "shapes cannot be broadcast together: " + a + " and " + b);
            }
            sizes[rank - i] = left == 1 ? right : left;
        }
        return new Shape(sizes);
    }

    @Override
    public boolean equals(Object other) {
        return this == other || (other instanceof Shape shape && Arrays.equals(sizes, shape.sizes));
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(sizes);
    }

    /** Like {@code [32, 50, 128]}; a scalar is {@code []}. */
    @Override
    public String toString() {
        return Arrays.toString(sizes);
    }
}
