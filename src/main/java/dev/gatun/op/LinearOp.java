package dev.gatun.op;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * y = f(x · Wᵀ + b + r): x [..., inputs], W [outputs, inputs], b [outputs] or absent, r of y's shape or absent, y [..., outputs].
 * BF16 and F16 as in {@link MatmulOp}, f of the sum in F32.
 *
 * @param activation f, or null for none
 */
public record LinearOp(@Nullable UnaryFunction activation) implements Op {
    @Override
    public String name() {
        return "linear";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.factor(this, inputs, 0);
        View weight = Check.factor(this, inputs, 1);
        Shape shape = check(x, weight, inputs[2], inputs[3]);
        View rows = rows(context, x);
        View y = context.allocate(x.dtype(), shape);
        boolean keeps = context.recording() && activation != null && activation.needsArgument();
        View argument = keeps ? context.scratch(x.dtype(), shape) : null;
        View bias = inputs[2];
        View residual = inputs[3];
        Epilogue epilogue = new Epilogue(
                bias == null ? null : context.contiguous(bias),
                residual == null ? null : rows(context, residual),
                activation,
                argument == null ? null : rows(context, argument));
        View transposed = weight.with(weight.layout().transpose(0, 1));
        context.backend().matrix().matmul(rows, transposed, epilogue, rows(context, y));
        View kept = activation == null ? null : argument == null ? y : argument;
        context.save(context.wants(1) ? rows : null, context.wants(0) ? weight : null, kept);
        return new View[] {y};
    }

    /** The shape of y. */
    private Shape check(View x, View weight, @Nullable View bias, @Nullable View residual) {
        Check.sameType(this, x, weight);
        Check.that(weight.rank() == 2, this, "the weight must be [outputs, inputs], was given %s", weight.shape());
        Check.that(
                x.rank() > 0 && x.size(-1) == weight.size(1),
                this,
                "input %s does not end in the weight's %d inputs (weight %s)",
                x.shape(),
                weight.size(1),
                weight.shape());
        if (bias != null) {
            Check.matches(this, "bias", bias, x.dtype(), Shape.of(weight.size(0)));
        }
        Shape shape = x.shape().with(-1, weight.size(0));
        if (residual != null) {
            Check.matches(this, "residual", residual, x.dtype(), shape);
        }
        return shape;
    }

    /** [..., features] as [rows, features]. */
    private static View rows(OpContext context, View x) {
        int features = x.size(-1);
        if (x.rank() == 2 && x.layout().stride(0) == features && x.layout().stride(1) == 1) {
            return x;
        }
        Shape flat = Shape.of(rowCount(x.shape()), features);
        Layout layout = x.layout().reshape(flat);
        if (layout != null) {
            return x.with(layout);
        }
        View copy = context.contiguous(x);
        return copy.with(Layout.contiguous(flat, copy.layout().offset()));
    }

    /** A repeated number, the gradient of a sum, is written out once, not by each of the products that read it. */
    private static View written(OpContext context, View rows) {
        boolean repeats = rows.layout().stride(0) == 0 || rows.layout().stride(1) == 0;
        return repeats ? context.contiguous(rows) : rows;
    }

    private static int rowCount(Shape shape) {
        return Math.toIntExact(shape.without(-1).elements());
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = beforeActivation(context, Check.present(this, upstream, 0));
        View dyRows = written(context, rows(context, dy));
        View dx = null;
        View dweight = null;
        View dbias = null;
        if (context.wants(0)) {
            View weight = context.saved(1);
            dx = context.allocate(dy.dtype(), dy.shape().with(-1, weight.size(1)));
            View product = dx.with(Layout.contiguous(Shape.of(dyRows.size(0), weight.size(1))));
            context.backend().matrix().matmul(dyRows, weight, Epilogue.NONE, product);
        }
        if (context.wants(1)) {
            View x = context.saved(0);
            dweight = context.allocate(dy.dtype(), Shape.of(dy.size(-1), x.size(1)));
            context.backend().matrix().matmul(dyRows.with(dyRows.layout().transpose(0, 1)), x, Epilogue.NONE, dweight);
        }
        if (context.wants(2)) {
            dbias = context.sumTo(Shape.of(dy.size(-1)), dyRows);
        }
        View dresidual = context.wants(3) ? context.share(dy) : null;
        return new @Nullable View[] {dx, dweight, dbias, dresidual};
    }

    /** The gradient of what f is applied to; f′ follows from what was kept, argument or result. In F32 for BF16 and F16, rounded once. */
    private View beforeActivation(OpContext context, View dy) {
        if (activation == null) {
            return dy;
        }
        DType wide = dy.dtype().sumType();
        View kept = context.as(wide, context.saved(2));
        View before = context.scratch(wide, dy.shape());
        context.backend().elementwise().unaryBackward(activation, kept, kept, context.as(wide, dy), before);
        return context.as(dy.dtype(), before);
    }
}
