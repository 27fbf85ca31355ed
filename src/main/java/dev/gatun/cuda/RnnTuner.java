package dev.gatun.cuda;

import dev.gatun.backend.Explanation;
import dev.gatun.backend.RecurrentSpec;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which algorithm serves a stack and shape fastest: by {@link RnnHeuristic}, if cuDNN takes it; with {@link CudaOptions#autotune}, by
 * measuring each. Either is tried once, at the first call, and the choice is kept for the life of the process, because what a forward pass
 * keeps fits its own algorithm alone. Sequences of different lengths, which the persistent algorithms refuse, have the standard one, and so
 * have stacks that clip.
 */
final class RnnTuner {
    private final boolean on;
    private final Map<Shape, Choice> choices = new ConcurrentHashMap<>();

    RnnTuner(boolean on) {
        this.on = on;
    }

    /**
     * What a choice is made for.
     *
     * @param plan the stack with the standard algorithm
     * @param batch sequences; 0 for any number
     * @param steps steps of the longest sequence; 0 for any number
     * @param equalLengths whether all sequences have all steps
     * @param trains whether a backward pass follows
     */
    record Shape(RnnPlan.Key plan, int batch, int steps, boolean equalLengths, boolean trains) {
        Shape ofAnySize() {
            return new Shape(plan, 0, 0, equalLengths, trains);
        }

        String description() {
            RecurrentSpec spec = plan.spec();
            return "recurrent " + spec.cell() + " " + plan.dtype() + " of " + spec.inputSize() + " to "
                    + spec.hiddenSize() + ", layers " + spec.layers() + (spec.bidirectional() ? ", bidirectional" : "")
                    + (plan.drops() ? ", dropping" : "")
                    + (batch == 0 ? "" : ", batch " + batch + " of " + steps + " steps")
                    + (equalLengths ? "" : ", of different lengths")
                    + (trains ? ", recorded" : ", not recorded");
        }
    }

    /** Runs a shape by an algorithm; throws what cuDNN answers. */
    interface Trial {
        /** Once. */
        void attempt(RnnAlgorithm algorithm);

        /** The milliseconds of a run. */
        double measure(RnnAlgorithm algorithm);
    }

    private record Choice(RnnAlgorithm algorithm, Explanation explanation) {
        static Choice of(RnnAlgorithm algorithm, Shape shape, String reasons) {
            return new Choice(algorithm, new Explanation(shape.description(), algorithm.title(), reasons));
        }
    }

    /** The algorithm for a shape. */
    RnnAlgorithm choose(Shape shape, Trial trial) {
        String objection = objection(shape);
        Shape key = objection == null ? shape : shape.ofAnySize();
        Choice known = choices.get(key);
        if (known == null) {
            known = objection != null
                    ? Choice.of(RnnAlgorithm.STANDARD, key, because(RnnAlgorithm.PERSIST_STATIC_SMALL_H, objection))
                    : on ? measured(key, trial) : attempted(key, trial);
            choices.put(key, known);
        }
        return known.algorithm();
    }

    /** The choices, in no order. */
    List<Explanation> explanations() {
        return choices.values().stream().map(Choice::explanation).toList();
    }

    private @Nullable String objection(Shape shape) {
        if (!shape.equalLengths()) {
            return "sequences have different lengths";
        }
        if (shape.plan().spec().clip() < RecurrentSpec.UNCLIPPED) {
            return "cell states are clipped, and nothing says that it clips them";
        }
        return on ? null : RnnHeuristic.objection(shape);
    }

    private static Choice attempted(Shape shape, Trial trial) {
        RnnAlgorithm small = RnnAlgorithm.PERSIST_STATIC_SMALL_H;
        try {
            trial.attempt(small);
            return Choice.of(small, shape, "");
        } catch (CudaException refused) {
            if (!CudnnRefusal.isOne(refused)) {
                throw refused;
            }
            return Choice.of(RnnAlgorithm.STANDARD, shape, because(small, String.valueOf(refused.getMessage())));
        }
    }

    private static Choice measured(Shape shape, Trial trial) {
        Map<RnnAlgorithm, String> outcomes = new EnumMap<>(RnnAlgorithm.class);
        RnnAlgorithm best = RnnAlgorithm.STANDARD;
        double fastest = Double.POSITIVE_INFINITY;
        for (RnnAlgorithm algorithm : RnnAlgorithm.values()) {
            try {
                double milliseconds = trial.measure(algorithm);
                outcomes.put(algorithm, "it took " + milliseconds + " ms");
                if (milliseconds < fastest) {
                    fastest = milliseconds;
                    best = algorithm;
                }
            } catch (CudaException refused) {
                if (algorithm == RnnAlgorithm.STANDARD || !CudnnRefusal.isOne(refused)) {
                    throw refused;
                }
                outcomes.put(algorithm, String.valueOf(refused.getMessage()));
            }
        }
        outcomes.remove(best);
        StringJoiner reasons = new StringJoiner("; not ");
        outcomes.forEach((algorithm, why) -> reasons.add(because(algorithm, why)));
        return Choice.of(best, shape, reasons.toString());
    }

    private static String because(RnnAlgorithm algorithm, String why) {
        return algorithm.title() + ", because " + why;
    }
}
