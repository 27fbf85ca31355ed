package dev.gatun.op;

import dev.gatun.backend.View;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Axis i of the result is axis order[i] of the input; a view. */
public record PermuteOp(List<Integer> order) implements Op {
    @Override
    public String name() {
        return "permute";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.present(this, inputs, 0);
        int[] axes = order.stream().mapToInt(Integer::intValue).toArray();
        return new View[] {context.share(x, x.layout().permute(axes))};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View dy = Check.present(this, upstream, 0);
        int[] inverse = new int[order.size()];
        for (int i = 0; i < inverse.length; i++) {
            inverse[dy.shape().axis(name(), order.get(i))] = i;
        }
        return new View[] {context.share(dy, dy.layout().permute(inverse))};
    }
}
