package dev.gatun.cpu;

import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.Arrays;

/**
 * Layouts of one shape, walked together and row-major in runs along their innermost axis. Axes that lie without gaps in every layout
 * are joined first, so that contiguous layouts are a single run. Immutable; each thread walks with a {@link Cursor} of its own.
 */
final class Runs {
    private static final long[] NEIGHBOURS = {1};

    private final long elements;
    private final long[] sizes;
    private final long[][] strides;
    private final long[] origins;

    private Runs(long elements, long[] sizes, long[][] strides, long[] origins) {
        this.elements = elements;
        this.sizes = sizes;
        this.strides = strides;
        this.origins = origins;
    }

    /** The runs of layouts that share a shape. */
    static Runs of(Layout... layouts) {
        Shape shape = layouts[0].shape();
        if (areContiguous(layouts)) {
            return single(shape.elements(), layouts);
        }
        long[] sizes = new long[Math.max(shape.rank(), 1)];
        long[][] strides = new long[layouts.length][sizes.length];
        int joined = 0;
        for (int axis = 0; axis < shape.rank(); axis++) {
            int size = shape.size(axis);
            if (size == 1) {
                continue;
            }
            if (joined > 0 && continues(layouts, axis, strides, joined - 1)) {
                sizes[joined - 1] *= size;
            } else {
                sizes[joined++] = size;
            }
            for (int i = 0; i < layouts.length; i++) {
                strides[i][joined - 1] = layouts[i].stride(axis);
            }
        }
        if (joined == 0) {
            sizes[joined++] = 1;
            Arrays.stream(strides).forEach(each -> each[0] = 1);
        }
        long[] origins = new long[layouts.length];
        for (int i = 0; i < layouts.length; i++) {
            origins[i] = layouts[i].offset();
            strides[i] = Arrays.copyOf(strides[i], joined);
        }
        return new Runs(shape.elements(), Arrays.copyOf(sizes, joined), strides, origins);
    }

    private static boolean areContiguous(Layout[] layouts) {
        for (Layout layout : layouts) {
            if (!layout.isContiguous()) {
                return false;
            }
        }
        return true;
    }

    private static Runs single(long elements, Layout[] layouts) {
        long[][] strides = new long[layouts.length][];
        long[] origins = new long[layouts.length];
        for (int i = 0; i < layouts.length; i++) {
            strides[i] = NEIGHBOURS;
            origins[i] = layouts[i].offset();
        }
        return new Runs(elements, new long[] {elements}, strides, origins);
    }

    private static boolean continues(Layout[] layouts, int axis, long[][] strides, int last) {
        for (int i = 0; i < layouts.length; i++) {
            if (strides[i][last] != layouts[i].stride(axis) * layouts[i].shape().size(axis)) {
                return false;
            }
        }
        return true;
    }

    /** The number of elements of each layout. */
    long elements() {
        return elements;
    }

    /** The length of a run that is not cut short. */
    long runLength() {
        return sizes[sizes.length - 1];
    }

    /** The distance of neighbours in a run of one layout, in elements. */
    long stride(int layout) {
        return strides[layout][sizes.length - 1];
    }

    /** A walk over elements {@code from} (inclusive) to {@code to} (exclusive), counted row-major, in runs of at most {@code longest}. */
    Cursor cursor(long from, long to, int longest) {
        return new Cursor(from, to, longest);
    }

    /** A walk over everything. */
    Cursor cursor(int longest) {
        return new Cursor(0, elements, longest);
    }

    /** A place in the walk; {@link #next} goes to the first and every further run. */
    final class Cursor {
        private final int longest;
        private final long[] index = new long[sizes.length];
        private final long[] offsets = origins.clone();
        private long left;
        private int length;

        private Cursor(long from, long to, int longest) {
            this.longest = longest;
            this.left = to - from;
            long rest = from;
            for (int axis = sizes.length - 1; axis >= 0 && left > 0; axis--) {
                index[axis] = rest % sizes[axis];
                rest /= sizes[axis];
                move(axis, index[axis]);
            }
        }

        /** Goes on to the next run; false when there is none. */
        boolean next() {
            if (left == 0) {
                return false;
            }
            int inner = sizes.length - 1;
            pass(inner, length);
            length = (int) Math.min(Math.min(left, longest), sizes[inner] - index[inner]);
            left -= length;
            return true;
        }

        /** The number of elements in this run. */
        int length() {
            return length;
        }

        /** The place of this run's first element in one layout, in elements. */
        long offset(int layout) {
            return offsets[layout];
        }

        private void pass(int axis, long steps) {
            index[axis] += steps;
            move(axis, steps);
            for (int at = axis; at > 0 && index[at] == sizes[at]; at--) {
                index[at] = 0;
                move(at, -sizes[at]);
                index[at - 1]++;
                move(at - 1, 1);
            }
        }

        private void move(int axis, long steps) {
            for (int i = 0; i < offsets.length; i++) {
                offsets[i] += steps * strides[i][axis];
            }
        }
    }
}
