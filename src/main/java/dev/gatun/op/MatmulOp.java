package dev.gatun.op;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** y = a · b: [..., m, k] × [..., k, n] = [..., m, n], leading axes broadcast. BF16 and F16 are summed in F32 and rounded once. */
public record MatmulOp() implements Op {
    @Override
    public String name() {
        return "matmul";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View a = Check.factor(this, inputs, 0);
        View b = Check.factor(this, inputs, 1);
        Check.sameType(this, a, b);
        Check.that(
                a.rank() >= 2 && b.rank() >= 2, this, "operands need two axes or more: %s × %s", a.shape(), b.shape());
        Check.that(a.size(-1) == b.size(-2), this, "inner dimensions differ: %s × %s", a.shape(), b.shape());
        Shape leading = Shape.broadcast(name(), leading(a), leading(b));
        View y = context.allocate(a.dtype(), leading.concat(Shape.of(a.size(-2), b.size(-1))));
        multiply(context, a, b, y);
        context.save(a, b);
        return new View[] {y};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        Shape leading = leading(dy);
        View da = null;
        View db = null;
        if (context.wants(0)) {
            View b = context.saved(1);
            Shape full = leading.concat(Shape.of(dy.size(-2), b.size(-2)));
            da = gradient(context, dy, b.with(b.layout().transpose(-1, -2)), full, context.saved(0));
        }
        if (context.wants(1)) {
            View a = context.saved(0);
            Shape full = leading.concat(Shape.of(a.size(-1), dy.size(-1)));
            db = gradient(context, a.with(a.layout().transpose(-1, -2)), dy, full, context.saved(1));
        }
        return new @Nullable View[] {da, db};
    }

    /** left · right, summed over the axes along which the operand was repeated; where there are such, nothing is rounded before. */
    private View gradient(OpContext context, View left, View right, Shape full, View operand) {
        boolean repeated = !full.equals(operand.shape());
        DType dtype = repeated ? operand.dtype().sumType() : operand.dtype();
        View product = context.scratch(dtype, full);
        multiply(context, left, right, product);
        return context.sumTo(operand.dtype(), operand.shape(), product);
    }

    private static Shape leading(View view) {
        return view.shape().range(0, view.rank() - 2);
    }

    private void multiply(OpContext context, View a, View b, View y) {
        context.backend().matrix().matmul(to(a, leading(y)), to(b, leading(y)), Epilogue.NONE, y);
    }

    private View to(View view, Shape leading) {
        Shape shape = leading.concat(view.shape().range(view.rank() - 2, view.rank()));
        return view.with(view.layout().broadcastTo(name(), shape));
    }
}
