package dev.gatun.op;

import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** y = f(x). */
public record UnaryOp(UnaryFunction function) implements Op {
    @Override
    public String name() {
        return function.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, 0);
        View y = context.allocate(x.dtype(), x.shape());
        context.backend().elementwise().unary(function, x, y);
        context.save(x, y);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View dx = context.allocate(dy.dtype(), dy.shape());
        context.backend().elementwise().unaryBackward(function, context.saved(0), context.saved(1), dy, dx);
        return new View[] {dx};
    }
}
