package dev.gatun.op;

import dev.gatun.backend.Comparison;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** y = a ∘ b as BOOL, with NumPy's broadcasting; it has no gradient. */
public record CompareOp(Comparison comparison) implements Op {
    @Override
    public String name() {
        return comparison.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View a = Check.floating(this, inputs, 0);
        View b = Check.floating(this, inputs, 1);
        Check.sameType(this, a, b);
        Shape shape = Shape.broadcast(name(), a.shape(), b.shape());
        View y = context.allocate(DType.BOOL, shape);
        View left = a.with(a.layout().broadcastTo(name(), shape));
        View right = b.with(b.layout().broadcastTo(name(), shape));
        context.backend().elementwise().compare(comparison, left, right, y);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        throw new IllegalStateException(name() + ": a comparison has no gradient");
    }
}
