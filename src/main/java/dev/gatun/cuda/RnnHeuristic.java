package dev.gatun.cuda;

import dev.gatun.backend.BiasMode;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.layout.DType;
import org.jspecify.annotations.Nullable;

/**
 * Which shapes {@link RnnAlgorithm#PERSIST_STATIC_SMALL_H} suits, unmeasured: hidden states up to the sizes that PyTorch gives it, which found
 * it up to ten times as fast (its pull requests 62143 and 73211). PyTorch gives the other persistent algorithms numbers of F16 alone,
 * of which no stack here is made.
 */
final class RnnHeuristic {
    /** Widest states without gates and with: of a forward pass, and of both passes, which one algorithm must run. */
    private static final int FORWARD_PLAIN = 384;

    private static final int FORWARD_GATED = 192;
    private static final int BOTH_PLAIN = 256;
    private static final int BOTH_GATED = 128;

    private RnnHeuristic() {}

    /** What speaks against it; null where nothing does. */
    static @Nullable String objection(RnnTuner.Shape shape) {
        RecurrentSpec spec = shape.plan().spec();
        if (shape.plan().dtype() != DType.F32) {
            return "it computes in F32, not in " + shape.plan().dtype();
        }
        if (spec.bias() != BiasMode.DOUBLE) {
            return "it adds two biases, and this has " + spec.bias().count();
        }
        int widest = widest(spec.cell().gates() == 1, shape.trains());
        return spec.hiddenSize() > widest ? "states are wider than " + widest : null;
    }

    private static int widest(boolean plain, boolean trains) {
        if (trains) {
            return plain ? BOTH_PLAIN : BOTH_GATED;
        }
        return plain ? FORWARD_PLAIN : FORWARD_GATED;
    }
}
