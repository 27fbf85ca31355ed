package dev.gatun.op;

import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** The part of one axis from {@code from} (inclusive) to {@code to} (exclusive); a view. */
public record SliceOp(int axis, int from, int to) implements Op {
    @Override
    public String name() {
        return "slice";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.present(this, inputs, 0);
        context.save(x);
        return new View[] {context.share(x, x.layout().slice(axis, from, to))};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View dx = context.zeros(dy.dtype(), context.saved(0).shape());
        context.backend().memory().copy(dy, dx.with(dx.layout().slice(axis, from, to)));
        return new View[] {dx};
    }
}
