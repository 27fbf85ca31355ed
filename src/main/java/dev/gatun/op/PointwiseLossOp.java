package dev.gatun.op;

import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.View;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A loss of each element of a prediction x against a target of its shape, which gets no gradient. */
public record PointwiseLossOp(PointwiseLoss loss, double parameter) implements Op {
    @Override
    public String name() {
        return loss.name().toLowerCase(Locale.ROOT) + "_loss";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = context.contiguous(Check.floating(this, inputs, 0));
        View target = context.contiguous(Check.floating(this, inputs, 1));
        Check.matches(this, "the target", target, x.dtype(), x.shape());
        Check.that(!context.wants(1), this, "the target cannot be trained; detach() it");
        View y = context.allocate(x.dtype(), x.shape());
        context.backend().loss().pointwise(loss, parameter, x, target, y);
        context.save(x, target);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = context.contiguous(Check.present(this, upstream, 0));
        View dx = context.allocate(dy.dtype(), dy.shape());
        context.backend().loss().pointwiseBackward(loss, parameter, context.saved(0), context.saved(1), dy, dx);
        return new @Nullable View[] {dx, null};
    }
}
