package dev.gatun.op;

import dev.gatun.backend.View;
import org.jspecify.annotations.Nullable;

/** Tensors one after the other along an axis; all other sizes are equal. */
public record ConcatOp(int axis) implements Op {
    @Override
    public String name() {
        return "concat";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View first = Check.present(this, inputs, 0);
        int along = first.shape().axis(name(), axis);
        int total = 0;
        for (int i = 0; i < inputs.length; i++) {
            View part = Check.present(this, inputs, i);
            Check.sameType(this, first, part);
            Check.that(
                    part.rank() == first.rank()
                            && part.shape().with(along, 0).equals(first.shape().with(along, 0)),
                    this,
                    "shapes must agree but for axis %d: %s and %s",
                    axis,
                    first.shape(),
                    part.shape());
            total = Math.addExact(total, part.size(along));
        }
        View y = context.allocate(first.dtype(), first.shape().with(along, total));
        int from = 0;
        for (int i = 0; i < inputs.length; i++) {
            View part = Check.present(this, inputs, i);
            int to = from + part.size(along);
            context.backend().memory().copy(part, y.with(y.layout().slice(along, from, to)));
            from = to;
        }
        context.save(inputs);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        @Nullable View[] gradients = new View[context.inputs()];
        int from = 0;
        for (int i = 0; i < gradients.length; i++) {
            int to = from + context.saved(i).size(axis);
            gradients[i] = context.wants(i) ? context.share(dy, dy.layout().slice(axis, from, to)) : null;
            from = to;
        }
        return gradients;
    }
}
