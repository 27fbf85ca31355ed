package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
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
        backend.memory().fill(one, 1);
        gradients[loss] = one;
    }

    void step(Op op, OpContext context, int[] inputs, int[] outputs, boolean[] asked) {
        @Nullable View[] upstream = new View[outputs.length];
        boolean any = false;
        for (int i = 0; i < outputs.length; i++) {
            upstream[i] = outputs[i] == Tape.UNTRACKED ? null : gradients[outputs[i]];
            any |= upstream[i] != null;
        }
        if (any) {
            @Nullable View[] found = backward(op, context, upstream);
            for (int i = 0; i < inputs.length; i++) {
                View gradient = found[i];
                if (gradient != null && inputs[i] == Tape.UNTRACKED) {
                    gradient.storage().release();
                } else if (gradient != null) {
                    accumulate(inputs[i], gradient);
                }
            }
        }
        context.releaseSaved();
        for (int output : outputs) {
            if (output != Tape.UNTRACKED && !asked[output]) {
                drop(output);
            }
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
        gradients[value] = known == null ? gradient : sum(known, gradient);
    }

    /** The sum of two gradients, in place of one that nobody else refers to; takes over both references. */
    View sum(View a, View b) {
        if (owns(a)) {
            backend.elementwise().accumulate(b, 1, a);
            b.storage().release();
            return a;
        }
        if (owns(b)) {
            return sum(b, a);
        }
        View copy = HostArrays.allocate(backend, a.dtype(), a.shape());
        backend.memory().copy(a, copy);
        a.storage().release();
        return sum(copy, b);
    }

    private static boolean owns(View view) {
        return view.storage().isExclusive() && view.isContiguous();
    }

    private void drop(int value) {
        View gradient = gradients[value];
        if (gradient != null) {
            gradients[value] = null;
            gradient.storage().release();
        }
    }

    /** A gradient that nobody else sees, contiguous, with one more reference for the caller. */
    @Nullable
    View take(int value) {
        View gradient = gradients[value];
        if (gradient == null) {
            return null;
        }
        if (!taken[value] && !owns(gradient)) {
            View copy = HostArrays.allocate(backend, gradient.dtype(), gradient.shape());
            backend.memory().copy(gradient, copy);
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
