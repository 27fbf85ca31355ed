package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** Axes of size 1, and new leading ones, repeated; a view. */
public record BroadcastOp(Shape shape) implements Op {
    @Override
    public String name() {
        return "broadcast";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.present(this, inputs, 0);
        context.save(x);
        return new View[] {context.share(x, x.layout().broadcastTo(name(), shape))};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        return new View[] {context.sumTo(context.saved(0).shape(), dy)};
    }
}
