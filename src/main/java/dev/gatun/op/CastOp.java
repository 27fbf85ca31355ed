package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import org.jspecify.annotations.Nullable;

/** The elements converted to a type, contiguous. The gradient of a conversion between floating-point types is converted back. */
public record CastOp(DType dtype) implements Op {
    @Override
    public String name() {
        return "cast";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.present(this, inputs, 0);
        Check.that(
                !context.recording() || dtype.isFloating(),
                this,
                "a recorded tensor can be converted to F32, F64, BF16 and F16 only, not to %s; detach() it first",
                dtype);
        View y = context.allocate(dtype, x.shape());
        context.backend().memory().copy(x, y);
        context.save(x);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View dx = context.allocate(context.saved(0).dtype(), dy.shape());
        context.backend().memory().copy(dy, dx);
        return new View[] {dx};
    }
}
