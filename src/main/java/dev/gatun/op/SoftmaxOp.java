package dev.gatun.op;

import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** y = exp(x) / Σ exp(x) along the last axis. */
public record SoftmaxOp() implements Op {
    @Override
    public String name() {
        return "softmax";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, 0);
        Check.that(x.rank() > 0, this, "needs an axis, was given a scalar");
        View y = context.allocate(x.dtype(), x.shape());
        context.backend().reduction().softmax(x, y);
        context.save(y);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View dx = context.allocate(dy.dtype(), dy.shape());
        context.backend().reduction().softmaxBackward(context.saved(0), dy, dx);
        return new View[] {dx};
    }
}
