package dev.gatun.op;

import dev.gatun.backend.Backend;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One application of an op: its backend, which gradients are wanted, the views saved between forward and backward, and the memory
 * it takes. What is allocated during a pass that fails is released.
 */
public final class OpContext {
    private final Backend backend;
    private final boolean[] wanted;
    private final boolean recording;
    private final List<View> saved;
    private final List<View> scratch = new ArrayList<>(0);
    private final List<View> allocated = new ArrayList<>(4);

    /** A context for inputs of which some want gradients; the array is not changed from now on. */
    public OpContext(Backend backend, boolean[] wanted) {
        this.backend = backend;
        this.wanted = wanted;
        boolean any = false;
        for (boolean one : wanted) {
            any |= one;
        }
        this.recording = any;
        this.saved = new ArrayList<>(any ? 4 : 0);
    }

    /** Where to compute. */
    public Backend backend() {
        return backend;
    }

    /** Whether there will be a backward pass. */
    public boolean recording() {
        return recording;
    }

    /** How many inputs there are, absent ones included. */
    public int inputs() {
        return wanted.length;
    }

    /** Whether the gradient of an input is wanted. */
    public boolean wants(int input) {
        return wanted[input];
    }

    /** New contiguous memory for an output or a gradient; contents undefined. */
    public View allocate(DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), (long) dtype.byteSize());
        View view = new View(backend.memory().allocate(bytes), dtype, Layout.contiguous(shape));
        allocated.add(view);
        return view;
    }

    /** As {@link #allocate}, filled with zeros. */
    public View zeros(DType dtype, Shape shape) {
        View view = allocate(dtype, shape);
        backend.memory().fill(view, 0);
        return view;
    }

    /** New contiguous memory that lives until the pass ends, or, when saved, until the backward pass is done. */
    public View scratch(DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), (long) dtype.byteSize());
        View view = new View(backend.memory().allocate(bytes), dtype, Layout.contiguous(shape));
        scratch.add(view);
        return view;
    }

    /** Scratch counted in bytes: an opaque reserve. */
    public View scratchBytes(long bytes) {
        return scratch(DType.I64, Shape.of(Math.toIntExact((bytes + Long.BYTES - 1) / Long.BYTES)));
    }

    /** The view itself when it is contiguous, else a contiguous copy in scratch. */
    public View contiguous(View view) {
        return view.isContiguous() ? view : copyTo(scratch(view.dtype(), view.shape()), view);
    }

    /** The view itself when it has a type, else a copy of that type in scratch. */
    View as(DType dtype, View view) {
        return view.dtype() == dtype ? view : copyTo(scratch(dtype, view.shape()), view);
    }

    /** A new contiguous copy, for an output or a gradient. */
    public View copy(View view) {
        return copyTo(allocate(view.dtype(), view.shape()), view);
    }

    private View copyTo(View target, View source) {
        backend.memory().copy(source, target);
        return target;
    }

    /** Other elements of a view's storage as an output or gradient with a reference of its own. */
    public View share(View view, Layout layout) {
        view.storage().retain();
        View shared = view.with(layout);
        allocated.add(shared);
        return shared;
    }

    /** The same view as an output or gradient with a reference of its own. */
    public View share(View view) {
        return share(view, view.layout());
    }

    /**
     * The sum of a gradient over the axes along which its operand, of shape {@code operand}, was broadcast; with a reference of its
     * own.
     */
    public View sumTo(Shape operand, View gradient) {
        return sumTo(gradient.dtype(), operand, gradient);
    }

    /** As {@link #sumTo(Shape, View)}, converted to the operand's type. BF16 and F16 are summed in F32 and rounded once. */
    public View sumTo(DType dtype, Shape operand, View gradient) {
        if (gradient.shape().equals(operand)) {
            return gradient.dtype() == dtype ? share(gradient) : copyTo(allocate(dtype, operand), gradient);
        }
        DType wide = gradient.dtype().sumType();
        View terms = gradient.dtype() == wide ? gradient : copyTo(scratch(wide, gradient.shape()), gradient);
        Shape aligned = operand;
        while (aligned.rank() < gradient.rank()) {
            aligned = aligned.inserted(0, 1);
        }
        View sum = scratch(wide, aligned);
        backend.reduction().reduce(Reduction.SUM, terms, sum);
        View view = sum.with(Layout.contiguous(operand));
        return wide == dtype ? share(view) : copyTo(allocate(dtype, operand), view);
    }

    /** Keeps a view, and its storage alive, for the backward pass; nothing happens where none is to come. Null is remembered as such. */
    public void save(@Nullable View... views) {
        if (!recording) {
            return;
        }
        for (View view : views) {
            if (view != null) {
                view.storage().retain();
            }
            saved.add(view);
        }
    }

    /** The n-th saved view; an error if it was null. */
    public View saved(int index) {
        View view = saved.get(index);
        if (view == null) {
            throw new IllegalStateException("op: saved view " + index + " was absent");
        }
        return view;
    }

    /** The n-th saved view, or null. */
    public @Nullable View savedOrNull(int index) {
        return saved.get(index);
    }

    /** Ends a pass that went well: scratch goes, what was allocated belongs to the caller. */
    public void complete() {
        release(scratch);
        allocated.clear();
    }

    /** Ends a pass that failed: everything it took is released. */
    public void abandon() {
        release(scratch);
        release(allocated);
    }

    /** Releases what was saved; the backward pass is done or will never be. */
    public void releaseSaved() {
        release(saved);
    }

    private static void release(List<? extends @Nullable View> views) {
        for (View view : views) {
            if (view != null) {
                view.storage().release();
            }
        }
        views.clear();
    }
}
