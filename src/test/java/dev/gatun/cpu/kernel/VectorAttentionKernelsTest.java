package dev.gatun.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Exponentials of rows of scores, with vectors of every size, against their scalar twin.
class VectorAttentionKernelsTest {
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int[] LENGTHS = {1, 15, 16, 1023, 1024, 1040, 2500};

    private final AttentionKernels scalar = new ScalarAttentionKernels(DType.F32);

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void exponentialsAgreeWithTheirScalarTwin(int bits) {
        AttentionKernels vector = VectorKernels.of(bits).attention();
        for (int n : LENGTHS) {
            for (boolean biased : new boolean[] {false, true}) {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment expected = numbers(arena, n + 8, 1);
                    MemorySegment actual = numbers(arena, n + 8, 1);
                    MemorySegment bias = biased ? numbers(arena, n + 5, 2) : null;
                    double sum = scalar.exponentials(expected, 3, n, 0.7, bias, 5, 1.5);
                    String what = n + " scores" + (biased ? " and a bias" : "");
                    assertEquals(sum, vector.exponentials(actual, 3, n, 0.7, bias, 5, 1.5), 3e-6 * sum, what);
                    for (int i = 0; i < n + 8; i++) {
                        float e = expected.getAtIndex(FLOAT, i);
                        assertEquals(e, actual.getAtIndex(FLOAT, i), 3e-6 * Math.abs(e), what + ", " + i);
                    }
                }
            }
        }
    }

    /// Added up in one float for each lane, this row is wrong by 330 millionths with vectors of 128 bits and by 83 with
    /// 512; with 256 its errors cancel.
    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void sumsOfLongRowsDoNotDrift(int bits) {
        int n = 1 << 17;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment scores = arena.allocate(FLOAT, n);
            for (int i = 0; i < n; i++) {
                scores.setAtIndex(FLOAT, i, (float) Math.log(0.3));
            }
            double sum = VectorKernels.of(bits).attention().exponentials(scores, 0, n, 1, null, 0, 0);
            assertEquals(0.3 * n, sum, 1e-5 * n);
        }
    }

    private static MemorySegment numbers(Arena arena, int count, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MemorySegment numbers = arena.allocate(FLOAT, count);
        for (int i = 0; i < count; i++) {
            numbers.setAtIndex(FLOAT, i, (float) random.nextDouble(-4, 4));
        }
        return numbers;
    }
}
