package dev.gatun.cuda;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.Precision;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/**
 * All of an attention that decides which way it goes and what a plan for it looks like.
 *
 * @param recording whether there will be a backward pass
 */
record AttentionKey(
        DType dtype,
        Shape q,
        Shape k,
        int valueSize,
        double scale,
        boolean causal,
        boolean hasMask,
        Padding padding,
        boolean isDropping,
        boolean hasWeights,
        Precision precision,
        boolean recording) {
    /** What the host knows of the key padding. */
    enum Padding {
        /** There is none. */
        NONE,
        /** How many keys each sequence has: one or more. */
        LENGTHS,
        /** That a sequence has no keys. */
        EMPTY_SEQUENCE,
        /** Nothing. */
        UNKNOWN
    }

    static AttentionKey of(AttentionOperands on, boolean recording) {
        AttentionCall call = on.call();
        return new AttentionKey(
                on.dtype(),
                on.q().shape(),
                on.k().shape(),
                on.v().size(3),
                call.scale(),
                call.causal(),
                on.mask() != null,
                padding(on),
                on.isDropping(),
                call.hasWeights(),
                call.precision(),
                recording);
    }

    private static Padding padding(AttentionOperands on) {
        int[] lengths = on.call().keyLengths();
        if (on.keyPadding() == null) {
            return Padding.NONE;
        }
        if (lengths == null) {
            return Padding.UNKNOWN;
        }
        return Arrays.stream(lengths).allMatch(length -> length > 0) ? Padding.LENGTHS : Padding.EMPTY_SEQUENCE;
    }

    /** Sequences, each counted once for each head. */
    int sequences() {
        return Math.multiplyExact(q.size(0), q.size(1));
    }

    int queries() {
        return q.size(2);
    }

    int keys() {
        return k.size(2);
    }

    int headSize() {
        return q.size(3);
    }

    /** Why no attention of cuDNN's takes it; null where one may. */
    @Nullable
    String special() {
        if (q.elements() == 0 || k.elements() == 0 || valueSize == 0) {
            return "there are sizes of 0";
        }
        if (hasWeights) {
            return "the weights are asked for";
        }
        if (hasMask) {
            return "there is a mask beside causality and padding";
        }
        if (isDropping) {
            return "dropout draws the random numbers that every device draws";
        }
        return switch (padding) {
            case NONE, LENGTHS -> null;
            case EMPTY_SEQUENCE -> "a sequence has no keys";
            case UNKNOWN -> "the host does not know the key padding: give it as AttentionMask.lengths";
        };
    }

    /** The call for people. */
    String description() {
        StringJoiner text = new StringJoiner(", ");
        text.add("attention " + dtype + " q " + q + " k " + k + " v of " + valueSize);
        if (causal) {
            text.add("causal");
        }
        if (hasMask) {
            text.add("masked");
        }
        if (padding != Padding.NONE) {
            text.add("padded");
        }
        if (isDropping) {
            text.add("with dropout");
        }
        if (hasWeights) {
            text.add("with weights");
        }
        if (precision != Precision.F32) {
            text.add("in " + precision);
        }
        return text.add(recording ? "recorded" : "not recorded").toString();
    }
}
