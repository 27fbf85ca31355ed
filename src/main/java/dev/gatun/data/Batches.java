package dev.gatun.data;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.OptionalLong;
import java.util.RandomAccess;
import java.util.SplittableRandom;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Which examples come together, and in which order. A batch is a list of examples; its tensors are made where they are used, inside
 * the scope or tape of the step:
 *
 * <pre>{@code
 * var batches = Batches.of(reviews, 64).shuffled(42).bucketed(review -> review.tokens().length);
 * for (List<Review> batch : batches) {
 *     try (var tape = Tape.record()) {
 *         Padded tokens = Padded.ofTokens(device, batch, Review::tokens, Vocabulary.PADDING);
 *         …
 *     }
 * }
 * }</pre>
 *
 * <p>Each iteration is an epoch with an order of its own; the order is a function of the seed and the epoch's number alone. The list
 * of examples is not copied: it may load its elements when they are asked for.
 */
public final class Batches<E> implements Iterable<List<E>> {
    /** Batches whose examples are sorted among themselves: enough for even lengths, few enough for other company in every epoch. */
    private static final int BATCHES_PER_BUCKET = 50;

    private final List<E> examples;
    private final int batchSize;
    private final OptionalLong seed;
    private final @Nullable ToIntFunction<? super E> length;
    private final boolean dropsRest;
    private int iterations;

    private Batches(
            List<E> examples,
            int batchSize,
            OptionalLong seed,
            @Nullable ToIntFunction<? super E> length,
            boolean dropsRest) {
        this.examples = examples;
        this.batchSize = batchSize;
        this.seed = seed;
        this.length = length;
        this.dropsRest = dropsRest;
    }

    /** Batches of so many examples in their order; the last one has what remains. */
    public static <E> Batches<E> of(List<E> examples, int batchSize) {
        if (batchSize < 1) {
            throw new IllegalArgumentException("batches: the size must be at least 1, was given " + batchSize);
        }
        return new Batches<>(Collections.unmodifiableList(examples), batchSize, OptionalLong.empty(), null, false);
    }

    /** The same examples in another order in every epoch. */
    public Batches<E> shuffled(long seed) {
        return new Batches<>(examples, batchSize, OptionalLong.of(seed), length, dropsRest);
    }

    /**
     * The same examples with those of similar length together, so that little is padded. When shuffled, the examples of every 50
     * batches are sorted among themselves, and then the batches are shuffled; otherwise all are sorted, shortest first.
     */
    public Batches<E> bucketed(ToIntFunction<? super E> length) {
        return new Batches<>(examples, batchSize, seed, length, dropsRest);
    }

    /** The same without a last batch that is smaller than the others. */
    public Batches<E> droppingRest() {
        return new Batches<>(examples, batchSize, seed, length, true);
    }

    /** All examples, in the order in which they were given. */
    public List<E> examples() {
        return examples;
    }

    /** The number of batches in an epoch. */
    public int count() {
        return dropsRest ? examples.size() / batchSize : Math.ceilDiv(examples.size(), batchSize);
    }

    /** The next epoch: the first iteration is epoch 0. */
    @Override
    public Iterator<List<E>> iterator() {
        return epoch(iterations++).iterator();
    }

    /** The batches of one epoch, the same at every call. */
    public List<List<E>> epoch(int epoch) {
        List<Integer> order = new ArrayList<>(examples.size());
        for (int i = 0; i < examples.size(); i++) {
            order.add(i);
        }
        SplittableRandom random = seed.isPresent() ? random(seed.getAsLong(), epoch) : null;
        if (random != null) {
            Collections.shuffle(order, random);
        }
        if (length != null) {
            sortBuckets(order, length, random == null ? order.size() : (long) batchSize * BATCHES_PER_BUCKET);
        }
        List<List<E>> batches = new ArrayList<>(count());
        for (int i = 0; i < count(); i++) {
            int from = i * batchSize;
            batches.add(new Picked<>(examples, order.subList(from, Math.min(from + batchSize, order.size()))));
        }
        if (random != null && length != null) {
            Collections.shuffle(batches, random);
        }
        return Collections.unmodifiableList(batches);
    }

    /** A generator of its own for every epoch. */
    private static SplittableRandom random(long seed, int epoch) {
        SplittableRandom root = new SplittableRandom(seed);
        for (int i = 0; i < epoch; i++) {
            root.split();
        }
        return root.split();
    }

    private void sortBuckets(List<Integer> order, ToIntFunction<? super E> length, long bucket) {
        Comparator<Integer> byLength = Comparator.comparingInt(index -> length.applyAsInt(examples.get(index)));
        for (long from = 0; from < order.size(); from += bucket) {
            order.subList((int) from, (int) Math.min(from + bucket, order.size()))
                    .sort(byLength);
        }
    }

    /** Examples by their places; they are asked for when they are used. */
    private static final class Picked<E> extends AbstractList<E> implements RandomAccess {
        private final List<E> examples;
        private final List<Integer> places;

        Picked(List<E> examples, List<Integer> places) {
            this.examples = examples;
            this.places = places;
        }

        @Override
        public E get(int index) {
            return examples.get(places.get(index));
        }

        @Override
        public int size() {
            return places.size();
        }
    }
}
