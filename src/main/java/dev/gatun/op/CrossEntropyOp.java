package dev.gatun.op;

import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.backend.View;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * Cross entropy per row: logits [rows, classes], targets [rows], class weights [classes] or absent; outputs the losses [rows] and
 * each row's weight [rows], which has no gradient.
 */
public record CrossEntropyOp(CrossEntropyRule rule) implements Op {
    @Override
    public String name() {
        return "cross_entropy";
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View logits = context.contiguous(Check.floating(this, inputs, 0));
        View targets = context.contiguous(Check.index(this, inputs, 1));
        Check.that(
                logits.rank() == 2 && logits.size(1) > 0,
                this,
                "logits must be [rows, classes], were %s",
                logits.shape());
        Check.matches(this, "targets", targets, targets.dtype(), Shape.of(logits.size(0)));
        View weights = inputs[2];
        if (weights != null) {
            Check.matches(this, "class weights", weights, logits.dtype(), Shape.of(logits.size(1)));
            Check.that(!context.wants(2), this, "the class weights cannot be trained; detach() them");
            weights = context.contiguous(weights);
        }
        Shape rows = Shape.of(logits.size(0));
        View losses = context.allocate(logits.dtype(), rows);
        View targetWeights = context.allocate(logits.dtype(), rows);
        View logSumExp = context.scratch(logits.dtype(), rows);
        context.backend().loss().crossEntropy(logits, targets, weights, rule, losses, targetWeights, logSumExp);
        context.save(logits, targets, weights, logSumExp);
        return new View[] {losses, targetWeights};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View logits = context.saved(0);
        View dlogits = context.allocate(logits.dtype(), logits.shape());
        View dlosses = upstream[0];
        if (dlosses == null) {
            context.backend().memory().fill(dlogits, 0);
        } else {
            context.backend()
                    .loss()
                    .crossEntropyBackward(
                            logits,
                            context.saved(1),
                            context.savedOrNull(2),
                            rule,
                            context.saved(3),
                            context.contiguous(dlosses),
                            dlogits);
        }
        return new @Nullable View[] {dlogits, null, null};
    }
}
