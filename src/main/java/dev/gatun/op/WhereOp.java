package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** y = condition ? a : b with NumPy's broadcasting; the condition is BOOL. */
public record WhereOp() implements Op {
    @Override
    public String name() {
        return "where";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View condition = Check.present(this, inputs, 0);
        View a = Check.floating(this, inputs, 1);
        View b = Check.floating(this, inputs, 2);
        Check.that(
                condition.dtype() == DType.BOOL, this, "the condition must be BOOL, was given %s", condition.dtype());
        Check.sameType(this, a, b);
        Shape values = Shape.broadcast(name(), a.shape(), b.shape());
        Shape shape = Shape.broadcast(name(), condition.shape(), values);
        View y = context.allocate(a.dtype(), shape);
        select(context, condition, a, b, y);
        context.save(condition, a, b);
        return new View[] {y};
    }

    private void select(OpContext context, View condition, View a, View b, View y) {
        context.backend().elementwise().select(to(condition, y), to(a, y), to(b, y), y);
    }

    private View to(View view, View target) {
        return view.with(view.layout().broadcastTo(name(), target.shape()));
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View zero = context.scratch(dy.dtype(), Shape.SCALAR);
        context.backend().memory().fill(zero, 0);
        View da = null;
        View db = null;
        if (context.wants(1)) {
            View chosen = context.scratch(dy.dtype(), dy.shape());
            select(context, context.saved(0), dy, zero, chosen);
            da = context.sumTo(context.saved(1).shape(), chosen);
        }
        if (context.wants(2)) {
            View chosen = context.scratch(dy.dtype(), dy.shape());
            select(context, context.saved(0), zero, dy, chosen);
            db = context.sumTo(context.saved(2).shape(), chosen);
        }
        return new @Nullable View[] {null, da, db};
    }
}
