package dev.gatun.op;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.AttentionOps;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * y = dropout(softmax(scale · q kᵀ + mask)) v, as one primitive: inputs q, k, v, mask or null, key padding or null; outputs y and,
 * where asked for, the attention weights before dropout. See {@link dev.gatun.backend.AttentionOps} for shapes.
 *
 * @param call scale, causality, dropout, and whether the weights are an output
 */
public record AttentionOp(AttentionCall call) implements Op {
    @Override
    public String name() {
        return "attention";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View q = operand(context, inputs, 0);
        View k = operand(context, inputs, 1);
        View v = operand(context, inputs, 2);
        checkSizes(q, k, v);
        Shape scores = Shape.of(q.size(0), q.size(1), q.size(2), k.size(2));
        View mask = mask(context, inputs[3], q.dtype(), scores);
        View keyPadding = inputs[4];
        if (keyPadding != null) {
            Check.matches(this, "key padding", keyPadding, DType.BOOL, Shape.of(k.size(0), k.size(2)));
        }
        checkLengths(k, keyPadding);
        View y = headsInside(context.allocate(q.dtype(), Shape.of(q.size(0), q.size(2), q.size(1), v.size(3))));
        View weights = call.hasWeights() ? context.allocate(q.dtype(), scores) : null;
        AttentionOps attention = context.backend().attention();
        View reserve = context.recording()
                ? context.scratchBytes(attention.reserveBytes(call, q, k, v, mask, keyPadding))
                : null;
        attention.forward(call, q, k, v, mask, keyPadding, y, weights, reserve == null ? null : reserve.storage());
        context.save(q, k, v, mask, keyPadding, y, reserve);
        return weights == null ? new View[] {y} : new View[] {y, weights};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View q = context.saved(0);
        View k = context.saved(1);
        View v = context.saved(2);
        View y = context.saved(5);
        View dy = upstream[0] == null ? zeros(context, y) : runs(context, upstream[0]);
        View dweights = call.hasWeights() && upstream[1] != null ? runs(context, upstream[1]) : null;
        View[] gradients = gradients(context, q, k, v);
        context.backend()
                .attention()
                .backward(
                        call,
                        q,
                        k,
                        v,
                        context.savedOrNull(3),
                        context.savedOrNull(4),
                        y,
                        context.saved(6).storage(),
                        dy,
                        dweights,
                        gradients[0],
                        gradients[1],
                        gradients[2]);
        @Nullable View[] wanted = new View[5];
        for (int i = 0; i < gradients.length; i++) {
            wanted[i] = context.wants(i) ? context.share(gradients[i]) : null;
        }
        return wanted;
    }

    private View operand(OpContext context, @Nullable View[] inputs, int index) {
        View view = Check.floating(this, inputs, index);
        Check.that(
                view.rank() == 4,
                this,
                "%s must be [batch, heads, steps, size], was given %s",
                index == 0 ? "query" : index == 1 ? "key" : "value",
                view.shape());
        return runs(context, view);
    }

    private void checkSizes(View q, View k, View v) {
        Check.that(
                call.dropout() >= 0 && call.dropout() < 1,
                this,
                "dropout must be in [0, 1), was given %s",
                call.dropout());
        Check.sameType(this, q, k);
        Check.sameType(this, q, v);
        boolean sameHeads =
                q.size(0) == k.size(0) && q.size(1) == k.size(1) && k.size(0) == v.size(0) && k.size(1) == v.size(1);
        Check.that(
                sameHeads, this, "batch and heads differ: query %s, key %s, value %s", q.shape(), k.shape(), v.shape());
        Check.that(q.size(3) == k.size(3), this, "head sizes differ: query %s, key %s", q.shape(), k.shape());
        Check.that(
                k.size(2) == v.size(2),
                this,
                "keys and values differ in number: key %s, value %s",
                k.shape(),
                v.shape());
    }

    private void checkLengths(View k, @Nullable View keyPadding) {
        int[] lengths = call.keyLengths();
        if (lengths != null) {
            boolean fit = lengths.length == k.size(0)
                    && Arrays.stream(lengths).allMatch(length -> length >= 0 && length <= k.size(2));
            Check.that(
                    fit && keyPadding != null,
                    this,
                    "key lengths need the key padding that says the same, and a number from 0 to %d for each of %d"
                            + " sequences; was given %s",
                    k.size(2),
                    k.size(0),
                    Arrays.toString(lengths));
        }
    }

    private @Nullable View mask(OpContext context, @Nullable View mask, DType dtype, Shape scores) {
        if (mask == null) {
            return null;
        }
        Check.that(
                mask.dtype() == DType.BOOL || mask.dtype() == dtype,
                this,
                "the mask must be BOOL or of the query's type %s, was given %s %s",
                dtype,
                mask.dtype(),
                mask.shape());
        Check.that(
                !context.wants(3),
                this,
                "the additive mask has no gradient: give one that is neither watched, nor a parameter, nor computed"
                        + " from one");
        return mask.with(mask.layout().broadcastTo(name(), scores));
    }

    /** [batch, steps, heads, size] as [batch, heads, steps, size]: what the projections around attention read without a copy. */
    private static View headsInside(View view) {
        return view.with(view.layout().transpose(1, 2));
    }

    /** Gradients lie as their operands do: without gaps, or beside one another as the projections that q, k and v come from are packed. */
    private static View[] gradients(OpContext context, View q, View k, View v) {
        View[] operands = {q, k, v};
        View[] gradients = new View[3];
        int from = 0;
        while (from < 3) {
            if (operands[from].isContiguous()) {
                gradients[from] = context.scratch(operands[from].dtype(), operands[from].shape());
                from++;
                continue;
            }
            int to = from + 1;
            while (to < 3 && operands[to].shape().equals(operands[from].shape())) {
                to++;
            }
            View first = operands[from];
            Shape packed = Shape.of(first.size(0), first.size(2), to - from, first.size(1), first.size(3));
            View memory = context.scratch(first.dtype(), packed);
            for (int i = from; i < to; i++) {
                gradients[i] = headsInside(memory.with(memory.layout().select(2, i - from)));
            }
            from = to;
        }
        return gradients;
    }

    private static View zeros(OpContext context, View y) {
        View zeros = context.scratch(y.dtype(), y.shape());
        context.backend().memory().fill(zeros, 0);
        return zeros;
    }

    /** The view itself when its last axis has stride 1, else a copy. */
    private static View runs(OpContext context, View view) {
        return view.layout().stride(3) == 1 ? view : context.contiguous(view);
    }
}
