package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.op.Op;
import dev.gatun.op.OpContext;
import org.jspecify.annotations.Nullable;

/** The gradients that are known so far during one backward pass, by value; each holds one reference. */
final class Backpropagation {
    private final Backend backend;
    private final @Nullable View[] gradients;
    private final boolean[] taken;

    Backpropagation(Backend backend, int values) {
        this.backend = backend;
        this.gradients = new View[values];
        this.taken = new boolean[values];
    }

    void start(int loss, View value) {
        View one = HostArrays.allocate(backend, value.dtype(), value.shape());
        gradients[loss] = one;
        backend.memory().fill(one, 1);
    }

    /** Starts from a gradient, and takes over a reference to it. */
    void startWith(int output, View gradient) {
        gradients[output] = gradient;
    }

    void step(Op op, OpContext context, int[] inputs, int[] outputs, boolean[] asked) {
        @Nullable View[] upstream = new View[outputs.length];
        boolean any = false;
        for (int i = 0; i < outputs.length; i++) {
            upstream[i] = outputs[i] == Tape.UNTRACKED ? null : gradients[outputs[i]];
            any |= upstream[i] != null;
        }
        if (any) {
            distribute(backward(op, context, upstream), inputs);
        }
        context.releaseSaved();
        for (int output : outputs) {
            if (output != Tape.UNTRACKED && !asked[output]) {
                drop(output);
            }
        }
    }

    /** Hands over what a backward pass found; where that fails, all that was not yet handed over is released. */
    private void distribute(@Nullable View[] found, int[] inputs) {
        int next = 0;
        try {
            while (next < inputs.length) {
                int input = next++;
                View gradient = found[input];
                if (gradient != null && inputs[input] == Tape.UNTRACKED) {
                    gradient.storage().release();
                } else if (gradient != null) {
                    accumulate(inputs[input], gradient);
                }
            }
        } finally {
            for (; next < inputs.length; next++) {
                release(found[next]);
            }
        }
    }

    private static void release(@Nullable View view) {
        if (view != null) {
            view.storage().release();
        }
    }

    private static @Nullable View[] backward(Op op, OpContext context, @Nullable View[] upstream) {
        try {
            @Nullable View[] found = op.backward(context, upstream);
            context.complete();
            return found;
        } catch (Throwable thrown) {
            context.abandon();
            throw thrown;
        }
    }

    private void accumulate(int value, View gradient) {
        View known = gradients[value];
        gradients[value] = null;
        gradients[value] = known == null ? gradient : sum(known, gradient);
    }

    /** The sum of two gradients, in place of one that nobody else refers to; takes over both references, also where it fails. */
    View sum(View a, View b) {
        View into = a;
        View added = b;
        try {
            if (!owns(a) && owns(b)) {
                into = b;
                added = a;
            } else if (!owns(a)) {
                into = copy(a);
                a.storage().release();
            }
            add(added, into);
        } catch (Throwable thrown) {
            into.storage().release();
            added.storage().release();
            throw thrown;
        }
        added.storage().release();
        return into;
    }

    /** into += added; BF16 and F16 by way of F32. */
    private void add(View added, View into) {
        DType wide = into.dtype().sumType();
        if (wide == into.dtype()) {
            backend.elementwise().accumulate(added, 1, into);
            return;
        }
        View sum = copy(into, wide);
        try {
            View term = copy(added, wide);
            try {
                backend.elementwise().accumulate(term, 1, sum);
            } finally {
                term.storage().release();
            }
            backend.memory().copy(sum, into);
        } finally {
            sum.storage().release();
        }
    }

    private View copy(View view) {
        return copy(view, view.dtype());
    }

    private View copy(View view, DType dtype) {
        View copy = HostArrays.allocate(backend, dtype, view.shape());
        try {
            backend.memory().copy(view, copy);
        } catch (Throwable thrown) {
            copy.storage().release();
            throw thrown;
        }
        return copy;
    }

    private static boolean owns(View view) {
        return view.storage().isExclusive() && view.isContiguous();
    }

    private void drop(int value) {
        View gradient = gradients[value];
        gradients[value] = null;
        release(gradient);
    }

    /** A gradient that nobody else sees, contiguous, with one more reference for the caller. */
    @Nullable
    View take(int value) {
        View gradient = gradients[value];
        if (gradient == null) {
            return null;
        }
        if (!taken[value] && !owns(gradient)) {
            View copy = copy(gradient);
            gradient.storage().release();
            gradients[value] = copy;
            gradient = copy;
        }
        taken[value] = true;
        gradient.storage().retain();
        return gradient;
    }

    /** A part of a packed parameter's gradient, seen as the part sees the parameter. */
    @Nullable
    View slice(int value, Layout layout) {
        View gradient = take(value);
        return gradient == null ? null : gradient.with(layout);
    }

    void release() {
        for (int value = 0; value < gradients.length; value++) {
            drop(value);
        }
    }
}
