package dev.gatun.cpu;

import dev.gatun.backend.RandomOps;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.layout.ShapeException;

/** Random numbers on the CPU, in F32 and F64: computed in double, rounded once. */
final class CpuRandom implements RandomOps {
    private static final int WORDS = 4;

    private final CpuRuntime runtime;

    CpuRandom(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void uniform(RandomStream stream, double low, double high, View y) {
        Numbers out = new Numbers("uniform", y);
        double highest = Math.max(out.below(high), low);
        forEachBlock(stream, y.elements(), (philox, first, words) -> {
            for (int word = 0; word < words; word++) {
                out.set(first + word, Math.min(low + philox.unit(word) * (high - low), highest));
            }
        });
    }

    @Override
    public void normal(RandomStream stream, double mean, double deviation, View y) {
        Numbers out = new Numbers("normal", y);
        forEachBlock(stream, y.elements(), (philox, first, words) -> {
            for (int word = 0; word < words; word += 2) {
                double radius = deviation * Math.sqrt(-2 * Math.log(1 - philox.unit(word)));
                double angle = 2 * Math.PI * philox.unit(word + 1);
                out.set(first + word, mean + radius * Math.cos(angle));
                if (word + 1 < words) {
                    out.set(first + word + 1, mean + radius * Math.sin(angle));
                }
            }
        });
    }

    @Override
    public void dropout(RandomStream stream, double p, View x, View y) {
        Numbers in = new Numbers("dropout", x);
        Numbers out = new Numbers("dropout", y);
        Elementwise.sameType("dropout", x, y);
        if (!x.shape().equals(y.shape())) {
            throw new ShapeException("dropout", "shapes differ: " + x.shape() + " and " + y.shape());
        }
        forEachBlock(stream, y.elements(), (philox, first, words) -> {
            for (int word = 0; word < words; word++) {
                out.set(first + word, philox.unit(word) >= p ? in.get(first + word) / (1 - p) : 0);
            }
        });
    }

    /** What is done with up to four elements from {@code first} on, each of which takes one word of the block at hand. */
    private interface Body {
        void run(Philox philox, long first, int words);
    }

    private void forEachBlock(RandomStream stream, long elements, Body body) {
        long blocks = (elements + WORDS - 1) / WORDS;
        Ranges.run(runtime.pool(), blocks, Ranges.grain(4 * WORDS), (from, to) -> {
            Philox philox = new Philox(stream);
            for (long block = from; block < to; block++) {
                philox.block(block);
                long first = block * WORDS;
                body.run(philox, first, (int) Math.min(WORDS, elements - first));
            }
        });
    }
}
