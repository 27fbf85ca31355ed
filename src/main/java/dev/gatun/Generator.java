package dev.gatun;

import dev.gatun.backend.RandomStream;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Random numbers by counter (Philox4x32-10, Salmon et al. 2011): the same seed gives the same numbers on every device and with any
 * number of threads, as long as they are drawn in the same order. Thread-safe.
 */
public final class Generator {
    private static final Generator GLOBAL = new Generator(System.nanoTime());

    private record Position(long seed, AtomicLong offset) {}

    private final AtomicReference<Position> position;

    private Generator(long seed) {
        position = new AtomicReference<>(new Position(seed, new AtomicLong()));
    }

    /** A generator of its own. */
    public static Generator seeded(long seed) {
        return new Generator(seed);
    }

    /** The one used where none is given; seeded by the clock until {@link #seed} is called. */
    public static Generator global() {
        return GLOBAL;
    }

    /** Starts again from a seed. */
    public void seed(long seed) {
        position.set(new Position(seed, new AtomicLong()));
    }

    /** Continues from where another generator, or this one at another time, stood. */
    public void restore(RandomStream stream) {
        position.set(new Position(stream.seed(), new AtomicLong(stream.offset())));
    }

    /** Where this generator stands: what {@link #restore} takes. */
    public RandomStream position() {
        Position now = position.get();
        return new RandomStream(now.seed(), now.offset().get());
    }

    /** Draws so many numbers: the stream they come from, which no later draw overlaps. */
    public RandomStream draw(long elements) {
        Position now = position.get();
        return new RandomStream(now.seed(), now.offset().getAndAdd((elements + 3) / 4));
    }
}
