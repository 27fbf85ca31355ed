package dev.gatun;

import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import dev.gatun.op.BroadcastOp;
import dev.gatun.op.CastOp;
import dev.gatun.op.ConcatOp;
import dev.gatun.op.GatherOp;
import dev.gatun.op.PermuteOp;
import dev.gatun.op.ReshapeOp;
import dev.gatun.op.SliceOp;
import dev.gatun.op.SplitOp;
import java.util.Arrays;
import java.util.List;

/** Other shapes of the same elements: views that share storage wherever strides can express them. */
public sealed interface TensorShaping permits Tensor {
    /** The tensor itself. */
    Tensor self();

    /** The same elements in the same order under another shape; one size may be −1: it is what remains. Copies only where strides cannot express it. */
    default Tensor reshape(int... sizes) {
        return Recorder.apply(new ReshapeOp(resolve(self().shape(), sizes)), self());
    }

    private static Shape resolve(Shape from, int[] sizes) {
        int open = -1;
        long known = 1;
        for (int i = 0; i < sizes.length; i++) {
            if (sizes[i] == -1 && open < 0) {
                open = i;
            } else {
                known *= sizes[i];
            }
        }
        if (open < 0) {
            return Shape.of(sizes);
        }
        if (known <= 0 || from.elements() % known != 0) {
            throw new ShapeException("reshape", "no size for −1 turns " + from + " into " + Arrays.toString(sizes));
        }
        int[] resolved = sizes.clone();
        resolved[open] = Math.toIntExact(from.elements() / known);
        return Shape.of(resolved);
    }

    /** Two axes exchanged; a view. */
    default Tensor transpose(int first, int second) {
        Shape shape = self().shape();
        int[] order = new int[shape.rank()];
        Arrays.setAll(order, i -> i);
        int a = shape.axis("transpose", first);
        int b = shape.axis("transpose", second);
        order[a] = b;
        order[b] = a;
        return permute(order);
    }

    /** Axis i of the result is axis {@code order[i]} of this; a view. */
    default Tensor permute(int... order) {
        return Recorder.apply(new PermuteOp(Arrays.stream(order).boxed().toList()), self());
    }

    /** The part of one axis from {@code from} (inclusive) to {@code to} (exclusive); a view. */
    default Tensor slice(int axis, int from, int to) {
        return Recorder.apply(new SliceOp(axis, from, to), self());
    }

    /** Parts of one axis, one after the other, of sizes that add up to it; views. */
    default List<Tensor> split(int axis, int... sizes) {
        List<Integer> parts = Arrays.stream(sizes).boxed().toList();
        return List.of(Recorder.applyAll(new SplitOp(axis, parts), self()));
    }

    /** One index of one axis, negative ones counting from the end; that axis is gone; a view. */
    default Tensor select(int axis, int index) {
        Shape shape = self().shape();
        int selected = shape.axis("select", axis);
        int from = index < 0 ? index + shape.size(selected) : index;
        if (from < 0 || from >= shape.size(selected)) {
            throw new ShapeException("select", "index " + index + " does not fit axis " + axis + " of " + shape);
        }
        return slice(selected, from, from + 1).reshape(shape.without(selected).toArray());
    }

    /** One more axis of size 1 before {@code axis}, −1 adding one at the end; a view. */
    default Tensor unsqueeze(int axis) {
        int rank = self().rank();
        int before = axis < 0 ? axis + rank + 1 : axis;
        if (before < 0 || before > rank) {
            throw new ShapeException("unsqueeze", "axis " + axis + " cannot be inserted into " + self().shape());
        }
        return reshape(self().shape().inserted(before, 1).toArray());
    }

    /** Without an axis of size 1; a view. */
    default Tensor squeeze(int axis) {
        Shape shape = self().shape();
        int gone = shape.axis("squeeze", axis);
        if (shape.size(gone) != 1) {
            throw new ShapeException("squeeze", "axis " + axis + " of " + shape + " is not of size 1");
        }
        return reshape(shape.without(gone).toArray());
    }

    /** Axes of size 1, and new leading ones, repeated to the given sizes; a view. */
    default Tensor broadcastTo(int... sizes) {
        return Recorder.apply(new BroadcastOp(Shape.of(sizes)), self());
    }

    /** The same elements row-major without gaps: the tensor itself if it is so already, else a copy. */
    default Tensor contiguous() {
        return self().view().isContiguous() ? self() : Recorder.apply(new CastOp(self().dtype()), self());
    }

    /** Rows chosen by index: this [rows, ...], indices [...] of I32 or I64; result [indices' shape, ...]. */
    default Tensor gather(Tensor indices) {
        return Recorder.apply(new GatherOp(-1), self(), indices);
    }

    /** Tensors one after the other along an axis; all other sizes are equal. */
    static Tensor concat(int axis, List<Tensor> parts) {
        if (parts.isEmpty()) {
            throw new ShapeException("concat", "needs at least one tensor");
        }
        return Recorder.apply(new ConcatOp(axis), parts.toArray(new Tensor[0]));
    }

    /** Tensors of one shape along a new axis. */
    static Tensor stack(int axis, List<Tensor> parts) {
        return concat(axis, parts.stream().map(part -> part.unsqueeze(axis)).toList());
    }
}
