package dev.gatun.op;

import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** y = scale · x + shift. */
public record AffineOp(double scale, double shift) implements Op {
    @Override
    public String name() {
        return "affine";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, 0);
        View y = context.allocate(x.dtype(), x.shape());
        context.backend().elementwise().affine(x, scale, shift, y);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View dx = context.allocate(dy.dtype(), dy.shape());
        context.backend().elementwise().affine(dy, scale, 0, dx);
        return new View[] {dx};
    }
}
