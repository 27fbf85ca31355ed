package dev.gatun;

import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which keys a query may attend to: all conditions hold together.
 *
 * @param isCausal whether query i may attend only to keys 0 to i
 * @param bias [queries, keys], or what broadcasts to [batch, heads, queries, keys]: numbers that are added to the scores, −∞ to block,
 *     or BOOL, true where a query must not attend; null for none. It gets no gradient.
 * @param keyPadding [batch, keys] BOOL, true where a key is padding; null for none
 * @param keyLengths how many keys of each sequence are not padding, where the key padding says just this; null where that is not known
 *     on the host. It changes no result: a device may be faster for it ({@link Device#explanations}).
 */
@SuppressWarnings("ArrayRecordComponent") // passed through, never compared
public record AttentionMask(
        boolean isCausal, @Nullable Tensor bias, @Nullable Tensor keyPadding, int @Nullable [] keyLengths) {
    /** Every query may attend to every key. */
    public static final AttentionMask NONE = new AttentionMask(false, null, null);

    /** Query i may attend only to keys 0 to i. */
    public static final AttentionMask CAUSAL = new AttentionMask(true, null, null);

    /** A mask whose padding is any. */
    public AttentionMask(boolean isCausal, @Nullable Tensor bias, @Nullable Tensor keyPadding) {
        this(isCausal, bias, keyPadding, null);
    }

    /** Padding alone: what follows the first keys of each sequence, of {@code steps} keys each; in the current scope. */
    public static AttentionMask lengths(Device device, int steps, int... lengths) {
        return new AttentionMask(false, null, keyPadding(device, steps, lengths), lengths.clone());
    }

    /** Padding alone: [batch, keys] BOOL, true where a key is padding. */
    public static AttentionMask padding(Tensor keyPadding) {
        return NONE.withPadding(keyPadding);
    }

    /** A mask alone: numbers to add to the scores, or BOOL, true where a query must not attend. */
    public static AttentionMask of(Tensor bias) {
        return NONE.withBias(bias);
    }

    /** This and causality. */
    public AttentionMask withCausality() {
        return new AttentionMask(true, bias, keyPadding, keyLengths);
    }

    /** This with another bias. */
    public AttentionMask withBias(Tensor other) {
        return new AttentionMask(isCausal, other, keyPadding, keyLengths);
    }

    /** This with other padding. */
    public AttentionMask withPadding(Tensor other) {
        return new AttentionMask(isCausal, bias, other);
    }

    /** The padding of sequences of some lengths in a batch of so many steps: BOOL [batch, steps], in the current scope. */
    public static Tensor keyPadding(Device device, int steps, int... lengths) {
        boolean[] padding = new boolean[Math.multiplyExact(lengths.length, steps)];
        for (int i = 0; i < lengths.length; i++) {
            if (lengths[i] < 0 || lengths[i] > steps) {
                throw new ShapeException("keyPadding", "length " + lengths[i] + " does not fit " + steps + " steps");
            }
            Arrays.fill(padding, i * steps + lengths[i], (i + 1) * steps, true);
        }
        return Tensor.of(device, padding, lengths.length, steps);
    }
}
