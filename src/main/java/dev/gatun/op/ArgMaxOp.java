package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import org.jspecify.annotations.Nullable;

/** The index of the largest element along the last axis, I64; it has no gradient. */
public record ArgMaxOp() implements Op {
    @Override
    public String name() {
        return "argmax";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, 0);
        Check.that(x.rank() > 0 && x.size(-1) > 0, this, "needs a last axis with elements, was given %s", x.shape());
        View y = context.allocate(DType.I64, x.shape().without(-1));
        context.backend().reduction().argMax(x, y);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        throw new IllegalStateException("argmax: an index has no gradient");
    }
}
