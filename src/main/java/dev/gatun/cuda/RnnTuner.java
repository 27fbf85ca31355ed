package dev.gatun.cuda;

import dev.gatun.cuda.binding.Cudnn;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * Which algorithm serves a stack and shape fastest: with {@link CudaOptions#autotune} each is measured once, at the first
 * call, and the choice is kept for the life of the process, because what a forward pass keeps fits its own algorithm alone. Without
 * it, and for sequences of different lengths, which the persistent algorithms refuse, it is the standard one.
 */
final class RnnTuner {
    private static final System.Logger LOG = System.getLogger("dev.gatun.cuda");

    private final boolean on;
    private final Map<Shape, RnnAlgorithm> choices = new ConcurrentHashMap<>();

    RnnTuner(boolean on) {
        this.on = on;
    }

    /**
     * What a choice is made for.
     *
     * @param plan the stack with the standard algorithm
     * @param batch sequences
     * @param steps steps of every sequence
     * @param trains whether a backward pass follows
     */
    record Shape(RnnPlan.Key plan, int batch, int steps, boolean trains) {}

    /**
     * The algorithm for a shape.
     *
     * @param equalLengths whether all sequences have all steps
     * @param trial runs a shape by an algorithm and tells the milliseconds; throws what cuDNN answers
     */
    RnnAlgorithm choose(Shape shape, boolean equalLengths, ToDoubleFunction<RnnAlgorithm> trial) {
        if (!on || !equalLengths) {
            return RnnAlgorithm.STANDARD;
        }
        RnnAlgorithm known = choices.get(shape);
        if (known == null) {
            known = measure(shape, trial);
            choices.put(shape, known);
        }
        return known;
    }

    private static RnnAlgorithm measure(Shape shape, ToDoubleFunction<RnnAlgorithm> trial) {
        Map<RnnAlgorithm, String> outcomes = new EnumMap<>(RnnAlgorithm.class);
        RnnAlgorithm best = RnnAlgorithm.STANDARD;
        double fastest = Double.POSITIVE_INFINITY;
        for (RnnAlgorithm algorithm : RnnAlgorithm.values()) {
            try {
                double milliseconds = trial.applyAsDouble(algorithm);
                outcomes.put(algorithm, milliseconds + " ms");
                if (milliseconds < fastest) {
                    fastest = milliseconds;
                    best = algorithm;
                }
            } catch (CudaException refused) {
                if (algorithm == RnnAlgorithm.STANDARD || !isRefusal(refused.status())) {
                    throw refused;
                }
                outcomes.put(algorithm, refused.getMessage());
            }
        }
        LOG.log(System.Logger.Level.DEBUG, "{0} runs {1}: {2}", shape, best, outcomes);
        return best;
    }

    /** Statuses by which cuDNN says that an algorithm is not for a shape: bad parameters, 2000 on, and what is not supported, 3000 on. */
    private static boolean isRefusal(int status) {
        return status >= Cudnn.CUDNN_STATUS_BAD_PARAM() && status < Cudnn.CUDNN_STATUS_INTERNAL_ERROR();
    }
}
