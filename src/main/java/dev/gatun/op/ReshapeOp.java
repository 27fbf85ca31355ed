package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** The same elements in the same order under another shape: a view where strides can express it, else a copy. */
public record ReshapeOp(Shape shape) implements Op {
    @Override
    public String name() {
        return "reshape";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.present(this, inputs, 0);
        context.save(x);
        return new View[] {reshaped(context, x, shape)};
    }

    private static View reshaped(OpContext context, View x, Shape target) {
        Layout layout = x.layout().reshape(target);
        if (layout != null) {
            return context.share(x, layout);
        }
        View copy = context.contiguous(x);
        return context.share(copy, Layout.contiguous(target, copy.layout().offset()));
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        return new View[] {reshaped(context, dy, context.saved(0).shape())};
    }
}
