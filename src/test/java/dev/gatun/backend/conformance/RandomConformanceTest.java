package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;
import static dev.gatun.backend.conformance.Tolerance.assertUlps;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.math.BigInteger;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every backend's {@link dev.gatun.backend.RandomOps} must do. */
public abstract class RandomConformanceTest {
    private static final DType[] TYPES = {DType.F32, DType.F64};
    private static final RandomStream[] STREAMS = {
        new RandomStream(0, 0),
        new RandomStream(42, 7),
        new RandomStream(-1, 0xFFFFFFFFL),
        new RandomStream(0x123456789ABCDEFL, -3)
    };
    private static final int[] COUNTS = {0, 1, 2, 3, 4, 5, 7, 16, 17, 1021, 9_000};

    /** The backend under test. */
    protected abstract Backend backend();

    /** Element i's number in [0, 1), by Philox4x32-10 as the paper writes it, in whole numbers of any size. */
    static double unit(RandomStream stream, int i) {
        BigInteger word = BigInteger.TWO.pow(32);
        BigInteger counter = BigInteger.valueOf(stream.offset())
                .mod(word.pow(2))
                .add(BigInteger.valueOf(i / 4))
                .mod(word.pow(2));
        BigInteger seed = BigInteger.valueOf(stream.seed()).mod(word.pow(2));
        BigInteger[] c = {counter.mod(word), counter.divide(word), BigInteger.ZERO, BigInteger.ZERO};
        BigInteger[] key = {seed.mod(word), seed.divide(word)};
        for (int round = 0; round < 10; round++) {
            BigInteger first = c[0].multiply(BigInteger.valueOf(0xD2511F53L));
            BigInteger second = c[2].multiply(BigInteger.valueOf(0xCD9E8D57L));
            c = new BigInteger[] {
                second.divide(word).xor(c[1]).xor(key[0]),
                second.mod(word),
                first.divide(word).xor(c[3]).xor(key[1]),
                first.mod(word)
            };
            key[0] = key[0].add(BigInteger.valueOf(0x9E3779B9L)).mod(word);
            key[1] = key[1].add(BigInteger.valueOf(0xBB67AE85L)).mod(word);
        }
        return c[i % 4].shiftRight(8).doubleValue() * 0x1p-24;
    }

    private static double[] units(RandomStream stream, int count) {
        return IntStream.range(0, count).mapToDouble(i -> unit(stream, i)).toArray();
    }

    @Test
    void uniform() {
        for (DType dtype : TYPES) {
            for (RandomStream stream : STREAMS) {
                for (int count : COUNTS) {
                    try (Workbench bench = new Workbench(backend())) {
                        View y = bench.blank(dtype, Arrangement.OFFSET.layout(Shape.of(count)));
                        backend().random().uniform(stream, -2, 6, y);
                        double[] expected = Arrays.stream(units(stream, count))
                                .map(u -> -2 + u * 8)
                                .toArray();
                        assertUlps(dtype, 1, expected, bench.read(y), dtype + " " + stream + " " + count);
                    }
                }
            }
        }
    }

    @Test
    void uniformStaysBelowItsUpperEnd() {
        try (Workbench bench = new Workbench(backend())) {
            View y = bench.blank(DType.F32, Shape.of(100_000));
            float low = 16_777_214;
            backend().random().uniform(STREAMS[1], low, low + 2, y);
            double[] numbers = bench.read(y);
            assertTrue(Arrays.stream(numbers).allMatch(v -> v >= low && v < low + 2), "in [low, high)");
            assertEquals(2, Arrays.stream(numbers).distinct().count());
            backend().random().uniform(STREAMS[1], 3, 3, y);
            assertTrue(Arrays.stream(bench.read(y)).allMatch(v -> v == 3), "low where low is high");
        }
    }

    @Test
    void normal() {
        for (DType dtype : TYPES) {
            for (RandomStream stream : STREAMS) {
                for (int count : COUNTS) {
                    double[] expected = new double[count];
                    for (int i = 0; i < count; i++) {
                        double radius = Math.sqrt(-2 * Math.log(1 - unit(stream, i & ~1)));
                        double angle = 2 * Math.PI * unit(stream, i | 1);
                        expected[i] = 3 + 0.5 * radius * (i % 2 == 0 ? Math.cos(angle) : Math.sin(angle));
                    }
                    try (Workbench bench = new Workbench(backend())) {
                        View y = bench.blank(dtype, Arrangement.OFFSET.layout(Shape.of(count)));
                        backend().random().normal(stream, 3, 0.5, y);
                        double distance = dtype == DType.F32 ? 1e-6 : 1e-14;
                        assertClose(dtype, 4, distance, expected, bench.read(y), dtype + " " + stream + " " + count);
                    }
                }
            }
        }
    }

    @Test
    void numbersHaveTheirDistribution() {
        int n = 200_000;
        try (Workbench bench = new Workbench(backend())) {
            View y = bench.blank(DType.F32, Shape.of(n));
            backend().random().uniform(new RandomStream(1, 0), 0, 1, y);
            double[] uniform = bench.read(y);
            assertEquals(0.5, Arrays.stream(uniform).average().orElseThrow(), 0.003);
            assertEquals(
                    1.0 / 3, Arrays.stream(uniform).map(v -> v * v).average().orElseThrow(), 0.003);
            backend().random().normal(new RandomStream(1, 0), 0, 1, y);
            double[] normal = bench.read(y);
            assertEquals(0, Arrays.stream(normal).average().orElseThrow(), 0.01);
            assertEquals(1, Arrays.stream(normal).map(v -> v * v).average().orElseThrow(), 0.015);
            assertEquals(
                    3, Arrays.stream(normal).map(v -> v * v * v * v).average().orElseThrow(), 0.1);
        }
    }

    @Test
    void dropout() {
        for (DType dtype : TYPES) {
            for (double p : new double[] {0, 0.1, 0.5, 1}) {
                for (int count : COUNTS) {
                    checkDropout(dtype, STREAMS[1], p, count);
                }
            }
        }
    }

    private void checkDropout(DType dtype, RandomStream stream, double p, int count) {
        double[] given = Workbench.numbers(count, 3, 1);
        double[] units = units(stream, count);
        double[] expected = new double[count];
        Arrays.setAll(expected, i -> units[i] >= p ? given[i] / (1 - p) : 0);
        try (Workbench bench = new Workbench(backend())) {
            View x = bench.view(dtype, Arrangement.OFFSET, Shape.of(count), given);
            View y = bench.blank(dtype, Shape.of(count));
            backend().random().dropout(stream, p, x, y);
            assertUlps(dtype, 1, expected, bench.read(y), "dropout " + dtype + " " + p + " " + count);
            backend().random().dropout(stream, p, x, x);
            assertArrayEquals(bench.read(y), bench.read(x), "dropout in place");
        }
    }

    @Test
    void oneStreamContinuesAnother() {
        try (Workbench bench = new Workbench(backend())) {
            View whole = bench.blank(DType.F32, Shape.of(70_000));
            View part = bench.blank(DType.F32, Shape.of(30_000));
            backend().random().uniform(new RandomStream(5, 100), 0, 1, whole);
            backend().random().uniform(new RandomStream(5, 110), 0, 1, part);
            assertArrayEquals(Arrays.copyOfRange(bench.read(whole), 40, 30_040), bench.read(part));
        }
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Workbench bench = new Workbench(backend())) {
            View gaps = bench.blank(DType.F32, Layout.contiguous(Shape.of(3, 2)).transpose(0, 1));
            View integers = bench.blank(DType.I32, Shape.of(3));
            View x = bench.blank(DType.F32, Shape.of(3));
            assertThrows(ShapeException.class, () -> backend().random().uniform(STREAMS[0], 0, 1, gaps));
            assertThrows(ShapeException.class, () -> backend().random().normal(STREAMS[0], 0, 1, integers));
            assertThrows(ShapeException.class, () -> backend().random().dropout(STREAMS[0], 0.5, x, integers));
        }
    }
}
