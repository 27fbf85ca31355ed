package dev.gatun.op;

import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** y = x / (1 − p) for the elements that a random stream keeps, 0 for the others. Srivastava et al. 2014. */
public record DropoutOp(double p, RandomStream stream) implements Op {
    /** Checks the probability. */
    public DropoutOp {
        if (!(p >= 0 && p < 1)) {
            throw new IllegalArgumentException("dropout: p must be in [0, 1), was given " + p);
        }
    }

    @Override
    public String name() {
        return "dropout";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        return new View[] {masked(context, Check.floating(this, inputs, 0))};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        return new View[] {masked(context, Check.present(this, upstream, 0))};
    }

    private View masked(OpContext context, View x) {
        View y = context.allocate(x.dtype(), x.shape());
        context.backend().random().dropout(stream, p, context.contiguous(x), y);
        return y;
    }
}
