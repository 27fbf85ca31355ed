package dev.gatun.op;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.Reduction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A reduction over axes. Where several elements are the largest or smallest, they share the gradient evenly, as in PyTorch's amax.
 *
 * @param reduction what is made of the elements
 * @param axes the axes that go, negative ones counting from the end; all of them when empty
 * @param keeps whether reduced axes stay with size 1
 */
public record ReduceOp(Reduction reduction, List<Integer> axes, boolean keeps) implements Op {
    /** Reduced axes are gone. */
    public static ReduceOp dropping(Reduction reduction, int... axes) {
        return new ReduceOp(reduction, Arrays.stream(axes).boxed().toList(), false);
    }

    /** Reduced axes stay with size 1. */
    public static ReduceOp keeping(Reduction reduction, int... axes) {
        return new ReduceOp(reduction, Arrays.stream(axes).boxed().toList(), true);
    }

    @Override
    public String name() {
        return reduction.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, 0);
        Shape kept = kept(x.shape());
        boolean needsElements = reduction == Reduction.MAX || reduction == Reduction.MIN;
        Check.that(!needsElements || x.elements() > 0, this, "needs at least one element, was given %s", x.shape());
        View full = context.allocate(x.dtype(), kept);
        context.backend().reduction().reduce(reduction, x, full);
        context.save(x, needsElements ? full : null);
        return new View[] {keeps ? full : full.with(Layout.contiguous(dropped(x.shape())))};
    }

    private boolean reduces(Shape shape, int axis) {
        return axes.isEmpty() || axes.stream().anyMatch(reduced -> shape.axis(name(), reduced) == axis);
    }

    private Shape kept(Shape shape) {
        for (int axis : axes) {
            shape.axis(name(), axis);
        }
        Shape kept = shape;
        for (int axis = 0; axis < shape.rank(); axis++) {
            kept = reduces(shape, axis) ? kept.with(axis, 1) : kept;
        }
        return kept;
    }

    private Shape dropped(Shape shape) {
        Shape dropped = shape;
        for (int axis = shape.rank() - 1; axis >= 0; axis--) {
            dropped = reduces(shape, axis) ? dropped.without(axis) : dropped;
        }
        return dropped;
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View x = context.saved(0);
        Shape kept = kept(x.shape());
        View dy = context.contiguous(Check.present(this, upstream, 0));
        View aligned = dy.with(Layout.contiguous(kept, dy.layout().offset()));
        return new View[] {gradient(context, x, kept, repeated(aligned, x.shape()))};
    }

    private View gradient(OpContext context, View x, Shape kept, View dy) {
        long reduced = kept.elements() == 0 ? 0 : x.elements() / kept.elements();
        return switch (reduction) {
            case SUM -> context.share(dy);
            case MEAN -> {
                View dx = context.allocate(x.dtype(), x.shape());
                context.backend().elementwise().affine(dy, 1.0 / reduced, 0, dx);
                yield dx;
            }
            case SUM_OF_SQUARES -> {
                View dx = context.allocate(x.dtype(), x.shape());
                context.backend().elementwise().binary(BinaryFunction.MULTIPLY, dy, x, dx);
                context.backend().elementwise().affine(dx, 2, 0, dx);
                yield dx;
            }
            case MAX, MIN -> shared(context, x, kept, dy);
        };
    }

    /** dy / (number of equals) where x is the extreme, else 0. */
    private View shared(OpContext context, View x, Shape kept, View dy) {
        ElementwiseOps on = context.backend().elementwise();
        View won = context.scratch(DType.BOOL, x.shape());
        on.compare(Comparison.EQUAL, x, repeated(context.saved(1).with(Layout.contiguous(kept)), x.shape()), won);
        View share = context.scratch(x.dtype(), x.shape());
        context.backend().memory().copy(won, share);
        View count = context.scratch(x.dtype(), kept);
        context.backend().reduction().reduce(Reduction.SUM, share, count);
        on.binary(BinaryFunction.DIVIDE, share, repeated(count, x.shape()), share);
        View dx = context.allocate(x.dtype(), x.shape());
        on.binary(BinaryFunction.MULTIPLY, share, dy, dx);
        return dx;
    }

    private View repeated(View view, Shape shape) {
        return view.with(view.layout().broadcastTo(name(), shape));
    }
}
