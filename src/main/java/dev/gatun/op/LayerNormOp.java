package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * y = (x − mean) / √(variance + ε) · weight + bias over the last axes, those of {@code features}.
 *
 * @param features the shape of the normalised axes, of weight and of bias
 * @param epsilon ε
 */
public record LayerNormOp(Shape features, double epsilon) implements Op {
    @Override
    public String name() {
        return "layer_norm";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, 0);
        int lead = x.rank() - features.rank();
        Check.that(
                lead >= 0
                        && features.rank() > 0
                        && features.elements() > 0
                        && x.shape().range(lead, x.rank()).equals(features),
                this,
                "input %s does not end in the normalised shape %s",
                x.shape(),
                features);
        View weight = affine(context, "weight", x, inputs[1]);
        View bias = affine(context, "bias", x, inputs[2]);
        View y = context.allocate(x.dtype(), x.shape());
        View rows = rows(context.contiguous(x));
        Shape statistics = Shape.of(rows.size(0));
        View mean = context.scratch(x.dtype(), statistics);
        View rstd = context.scratch(x.dtype(), statistics);
        context.backend().normalization().layerNorm(rows, weight, bias, epsilon, rows(y), mean, rstd);
        context.save(rows, weight, mean, rstd);
        return new View[] {y};
    }

    private @Nullable View affine(OpContext context, String role, View x, @Nullable View view) {
        if (view == null) {
            return null;
        }
        Check.matches(this, role, view, x.dtype(), features);
        return flat(context.contiguous(view), Shape.of(featureCount()));
    }

    private int featureCount() {
        return Math.toIntExact(features.elements());
    }

    private View rows(View x) {
        return flat(x, Shape.of(Math.toIntExact(x.elements() / featureCount()), featureCount()));
    }

    private static View flat(View view, Shape shape) {
        return view.with(Layout.contiguous(shape, view.layout().offset()));
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = context.contiguous(Check.present(this, upstream, 0));
        View dx = context.wants(0) ? context.allocate(dy.dtype(), dy.shape()) : null;
        View dweight = context.wants(1) ? context.allocate(dy.dtype(), features) : null;
        View dbias = context.wants(2) ? context.allocate(dy.dtype(), features) : null;
        context.backend()
                .normalization()
                .layerNormBackward(
                        context.saved(0),
                        context.savedOrNull(1),
                        context.saved(2),
                        context.saved(3),
                        rows(dy),
                        dx == null ? null : rows(dx),
                        dweight == null ? null : flat(dweight, Shape.of(featureCount())),
                        dbias == null ? null : flat(dbias, Shape.of(featureCount())));
        return new @Nullable View[] {dx, dweight, dbias};
    }
}
