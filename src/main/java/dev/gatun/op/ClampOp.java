package dev.gatun.op;

import dev.gatun.backend.Comparison;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** y = min(max(x, low), high); the gradient passes where low ≤ x ≤ high. */
public record ClampOp(double low, double high) implements Op {
    /** Checks the order of the limits. */
    public ClampOp {
        if (!(low <= high)) {
            throw new IllegalArgumentException("clamp: low must not exceed high: " + low + ", " + high);
        }
    }

    @Override
    public String name() {
        return "clamp";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, 0);
        View y = context.allocate(x.dtype(), x.shape());
        context.backend().elementwise().clamp(x, low, high, y);
        context.save(x, y);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View inside = context.scratch(DType.BOOL, dy.shape());
        context.backend().elementwise().compare(Comparison.EQUAL, context.saved(0), context.saved(1), inside);
        View zero = context.scratch(dy.dtype(), Shape.SCALAR);
        context.backend().memory().fill(zero, 0);
        View dx = context.allocate(dy.dtype(), dy.shape());
        View zeros = zero.with(zero.layout().broadcastTo(name(), dy.shape()));
        context.backend().elementwise().select(inside, dy, zeros, dx);
        return new View[] {dx};
    }
}
