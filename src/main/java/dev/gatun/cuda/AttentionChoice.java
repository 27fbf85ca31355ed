package dev.gatun.cuda;

import dev.gatun.backend.Explanation;
import java.util.StringJoiner;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The way that takes the calls of a key, and why those before it do not: cuDNN's graph API; its multi-head attention, where it was asked
 * for; cuBLAS.
 */
record AttentionChoice(AttentionPlan plan, Explanation explanation) {
    private static final String NOT_ASKED_FOR = "it packs its operands and keeps more for the backward pass; -D"
            + CudaOptions.MULTI_HEAD + "=true asks for it";

    static AttentionChoice of(CudaRuntime runtime, AttentionKey key, BlasAttention blas, boolean multiHead) {
        Choosing choosing = new Choosing(key);
        AttentionPlan plan =
                choosing.attempt("cuDNN's graph API", GraphPlan.refusal(key), () -> new GraphPlan(runtime, key));
        if (plan == null) {
            plan = choosing.attempt(
                    "cuDNN's multi-head attention",
                    multiHead ? MultiHeadPlan.refusal(key) : NOT_ASKED_FOR,
                    () -> new MultiHeadPlan(runtime, key));
        }
        return plan != null
                ? new AttentionChoice(plan, choosing.explanation())
                : new AttentionChoice(
                        blas, choosing.taken("cuBLAS and own kernels").explanation());
    }

    /** One choice in the making. */
    private static final class Choosing {
        private final AttentionKey key;
        private final StringJoiner reasons = new StringJoiner("; not ");
        private String taken = "";

        Choosing(AttentionKey key) {
            this.key = key;
        }

        @Nullable
        AttentionPlan attempt(String way, @Nullable String refusal, Supplier<AttentionPlan> maker) {
            String why = refusal;
            if (why == null) {
                try {
                    AttentionPlan plan = maker.get();
                    taken = way;
                    return plan;
                } catch (CudaException failure) {
                    if (!CudnnRefusal.isOne(failure)) {
                        throw failure;
                    }
                    why = String.valueOf(failure.getMessage());
                }
            }
            reasons.add(way + ", because " + why);
            return null;
        }

        Choosing taken(String way) {
            taken = way;
            return this;
        }

        Explanation explanation() {
            return new Explanation(key.description(), taken, reasons.toString());
        }
    }
}
