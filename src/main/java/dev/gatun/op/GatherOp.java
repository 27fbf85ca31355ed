package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a table chosen by index, as an embedding does: table [rows, ...], indices [...], y [indices' shape, ...].
 *
 * @param ignored an index whose row gets no gradient (PyTorch's padding_idx), or −1
 */
public record GatherOp(long ignored) implements Op {
    @Override
    public String name() {
        return "gather";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View table = Check.present(this, inputs, 0);
        View indices = context.contiguous(Check.index(this, inputs, 1));
        Check.that(table.rank() > 0, this, "the table needs an axis, was given a scalar");
        Shape row = table.shape().without(0);
        View y = context.allocate(table.dtype(), indices.shape().concat(row));
        View rows = flat(context.contiguous(table), Shape.of(table.size(0), size(row)));
        Shape count = Shape.of(Math.toIntExact(indices.elements()));
        context.backend().index().gather(rows, flat(indices, count), flat(y, count.concat(Shape.of(size(row)))));
        context.save(table, indices);
        return new View[] {y};
    }

    private static int size(Shape shape) {
        return Math.toIntExact(shape.elements());
    }

    private static View flat(View view, Shape shape) {
        return view.with(Layout.contiguous(shape, view.layout().offset()));
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View table = context.saved(0);
        View indices = context.saved(1);
        View dy = context.contiguous(Check.present(this, upstream, 0));
        View dtable = context.zeros(table.dtype(), table.shape());
        int features = size(table.shape().without(0));
        Shape count = Shape.of(Math.toIntExact(indices.elements()));
        context.backend()
                .index()
                .scatterAdd(
                        flat(dy, count.concat(Shape.of(features))),
                        flat(indices, count),
                        ignored,
                        flat(dtable, Shape.of(table.size(0), features)));
        return new @Nullable View[] {dtable, null};
    }
}
