package dev.gatun.op;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** y = a ∘ b with NumPy's broadcasting. Where maximum and minimum tie, each side gets half of the gradient, as in PyTorch. */
public record BinaryOp(BinaryFunction function) implements Op {
    @Override
    public String name() {
        return function.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View a = Check.floating(this, inputs, 0);
        View b = Check.floating(this, inputs, 1);
        Check.sameType(this, a, b);
        Shape shape = Shape.broadcast(name(), a.shape(), b.shape());
        View y = context.allocate(a.dtype(), shape);
        context.backend().elementwise().binary(function, broadcast(a, shape), broadcast(b, shape), y);
        context.save(a, b);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        View a = context.saved(0);
        View b = context.saved(1);
        View da = context.wants(0) ? reduced(context, gradient(context, dy, a, b, true), a) : null;
        View db = context.wants(1) ? reduced(context, gradient(context, dy, a, b, false), b) : null;
        return new View[] {da, db};
    }

    private View gradient(OpContext context, View dy, View a, View b, boolean first) {
        ElementwiseOps on = context.backend().elementwise();
        Shape shape = dy.shape();
        View left = broadcast(a, shape);
        View right = broadcast(b, shape);
        return switch (function) {
            case ADD -> dy;
            case SUBTRACT -> first ? dy : scaled(context, dy, -1);
            case MULTIPLY -> binary(context, BinaryFunction.MULTIPLY, dy, first ? right : left);
            case DIVIDE -> {
                View quotient = binary(context, BinaryFunction.DIVIDE, dy, right);
                if (!first) {
                    on.binary(BinaryFunction.MULTIPLY, quotient, left, quotient);
                    on.binary(BinaryFunction.DIVIDE, quotient, right, quotient);
                    on.affine(quotient, -1, 0, quotient);
                }
                yield quotient;
            }
            case MAXIMUM -> chosen(context, dy, left, right, first ? Comparison.GREATER : Comparison.LESS);
            case MINIMUM -> chosen(context, dy, left, right, first ? Comparison.LESS : Comparison.GREATER);
        };
    }

    /** dy where the comparison holds, half of it where both are equal, else 0. */
    private View chosen(OpContext context, View dy, View a, View b, Comparison comparison) {
        View won = context.scratch(DType.BOOL, dy.shape());
        View zero = context.scratch(dy.dtype(), Shape.SCALAR);
        context.backend().memory().fill(zero, 0);
        View half = scaled(context, dy, 0.5);
        View share = context.scratch(dy.dtype(), dy.shape());
        context.backend().elementwise().compare(Comparison.EQUAL, a, b, won);
        context.backend().elementwise().select(won, half, broadcast(zero, dy.shape()), share);
        context.backend().elementwise().compare(comparison, a, b, won);
        View result = context.scratch(dy.dtype(), dy.shape());
        context.backend().elementwise().select(won, dy, share, result);
        return result;
    }

    private static View scaled(OpContext context, View x, double factor) {
        View y = context.scratch(x.dtype(), x.shape());
        context.backend().elementwise().affine(x, factor, 0, y);
        return y;
    }

    private static View binary(OpContext context, BinaryFunction function, View a, View b) {
        View y = context.scratch(a.dtype(), a.shape());
        context.backend().elementwise().binary(function, a, b, y);
        return y;
    }

    private View broadcast(View view, Shape shape) {
        return view.with(view.layout().broadcastTo(name(), shape));
    }

    private static View reduced(OpContext context, View gradient, View operand) {
        return context.sumTo(operand.shape(), gradient);
    }
}
