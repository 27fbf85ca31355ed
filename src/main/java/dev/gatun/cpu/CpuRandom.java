package dev.gatun.cpu;

import dev.gatun.backend.RandomOps;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.Philox;
import dev.gatun.layout.ShapeException;

/** Random numbers on the CPU, in F32 and F64: computed in double, rounded once. */
final class CpuRandom implements RandomOps {
    /** Words made at once; even, so that the pairs of {@link #normal} stay together. */
    private static final int WORDS = 1 << 10;

    private final CpuRuntime runtime;

    CpuRandom(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void uniform(RandomStream stream, double low, double high, View y) {
        Numbers out = new Numbers("uniform", y);
        double highest = Math.max(out.below(high), low);
        forEach(stream, y.elements(), (words, first, n) -> {
            for (int i = 0; i < n; i++) {
                out.set(first + i, Math.min(low + Philox.uniform(words[i]) * (high - low), highest));
            }
        });
    }

    @Override
    public void normal(RandomStream stream, double mean, double deviation, View y) {
        Numbers out = new Numbers("normal", y);
        forEach(stream, y.elements(), (words, first, n) -> {
            for (int i = 0; i < n; i += 2) {
                double radius = deviation * Math.sqrt(-2 * Math.log(1 - Philox.uniform(words[i])));
                double angle = 2 * Math.PI * Philox.uniform(words[i + 1]);
                out.set(first + i, mean + radius * Math.cos(angle));
                if (i + 1 < n) {
                    out.set(first + i + 1, mean + radius * Math.sin(angle));
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
        forEach(stream, y.elements(), (words, first, n) -> {
            for (int i = 0; i < n; i++) {
                out.set(first + i, Philox.uniform(words[i]) >= p ? in.get(first + i) / (1 - p) : 0);
            }
        });
    }

    /** What is done with {@code n} elements from {@code first} on and their words, of which one more is there where n is odd. */
    private interface Body {
        void run(int[] words, long first, int n);
    }

    private void forEach(RandomStream stream, long elements, Body body) {
        Ranges.run(runtime.pool(), elements, Ranges.ELEMENTS / 4, (from, to) -> {
            int[] words = new int[WORDS];
            for (long first = from; first < to; first += WORDS) {
                int n = (int) Math.min(WORDS, to - first);
                Philox.fill(stream, first, n + (n & 1), words);
                body.run(words, first, n);
            }
        });
    }
}
