package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Parts of one axis, one after the other, of the given sizes; views. The opposite of {@link ConcatOp}. */
public record SplitOp(int axis, List<Integer> sizes) implements Op {
    @Override
    public String name() {
        return "split";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.present(this, inputs, 0);
        int along = x.shape().axis(name(), axis);
        Check.that(
                total() == x.size(along) && sizes.stream().allMatch(size -> size >= 0),
                this,
                "sizes %s do not add up to axis %d of %s",
                sizes,
                axis,
                x.shape());
        View[] parts = new View[sizes.size()];
        int from = 0;
        for (int i = 0; i < parts.length; i++) {
            int to = from + sizes.get(i);
            parts[i] = context.share(x, x.layout().slice(along, from, to));
            from = to;
        }
        return parts;
    }

    private long total() {
        return sizes.stream().mapToLong(Integer::longValue).sum();
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View whole = adjacent(context, upstream);
        return new View[] {whole != null ? whole : gathered(context, upstream)};
    }

    /** Gradients that lie beside one another, as attention gives those of a packed projection, are their whole without a copy. */
    private @Nullable View adjacent(OpContext context, @Nullable View[] upstream) {
        View first = upstream[0];
        if (first == null) {
            return null;
        }
        Layout layout =
                Layout.strided(shape(first), strides(first), first.layout().offset());
        int from = 0;
        for (int i = 0; i < upstream.length; i++) {
            View part = upstream[i];
            int to = from + sizes.get(i);
            boolean fits = part != null
                    && part.storage().equals(first.storage())
                    && part.layout().equals(layout.slice(axis, from, to));
            if (!fits) {
                return null;
            }
            from = to;
        }
        return context.share(first, layout);
    }

    private static long[] strides(View view) {
        long[] strides = new long[view.rank()];
        for (int i = 0; i < strides.length; i++) {
            strides[i] = view.layout().stride(i);
        }
        return strides;
    }

    private View gathered(OpContext context, @Nullable View[] upstream) {
        View whole = null;
        int from = 0;
        for (int i = 0; i < upstream.length; i++) {
            View part = upstream[i];
            int to = from + sizes.get(i);
            if (part != null) {
                whole = whole == null ? start(context, upstream, part) : whole;
                context.backend().memory().copy(part, whole.with(whole.layout().slice(axis, from, to)));
            }
            from = to;
        }
        if (whole == null) {
            throw new IllegalStateException("split: no gradient arrived");
        }
        return whole;
    }

    /** Zeros where a part's gradient is absent. */
    private View start(OpContext context, @Nullable View[] upstream, View present) {
        for (View part : upstream) {
            if (part == null) {
                return context.zeros(present.dtype(), shape(present));
            }
        }
        return context.allocate(present.dtype(), shape(present));
    }

    private Shape shape(View part) {
        return part.shape().with(axis, Math.toIntExact(total()));
    }
}
