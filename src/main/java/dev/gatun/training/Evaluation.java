package dev.gatun.training;

import dev.gatun.Scope;
import dev.gatun.data.Batches;
import java.util.List;
import java.util.OptionalDouble;
import java.util.function.BooleanSupplier;
import java.util.function.ToDoubleFunction;

/** Something measured on batches that are not trained on. */
record Evaluation<E>(Batches<E> batches, ToDoubleFunction<List<E>> measure) {
    /** The mean over all examples, each batch in a scope of its own; empty when told to stop before the end. */
    OptionalDouble mean(BooleanSupplier stops) {
        double sum = 0;
        long examples = 0;
        for (List<E> batch : batches.epoch(0)) {
            if (stops.getAsBoolean()) {
                return OptionalDouble.empty();
            }
            try (Scope _ = Scope.open()) {
                sum += measure.applyAsDouble(batch) * batch.size();
                examples += batch.size();
            }
        }
        return OptionalDouble.of(sum / examples);
    }
}
