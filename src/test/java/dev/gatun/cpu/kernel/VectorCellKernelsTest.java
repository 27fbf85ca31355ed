package dev.gatun.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Every cell kernel with vectors of every size against its scalar twin, in lengths around those of vectors and on
/// special values.
class VectorCellKernelsTest {
    private static final int[] LENGTHS = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 50, 127};
    /// Kinds of rows: plain numbers, then with ever so small ones among them, then with infinities and what saturates.
    /// No row has
    /// both: their products depend on the order in which they are taken.
    private static final float[][] KINDS = {
        {},
        {0f, -0f, Float.MIN_VALUE, -Float.MIN_VALUE, Float.MIN_NORMAL, -1e-30f},
        {0f, -0f, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, Float.NaN, 30f, -200f}
    };

    /// Four segments, as kernels are given them; every row in them begins where no vector would.
    record Rows(MemorySegment kept, MemorySegment state, MemorySegment y, MemorySegment bias) {
        static Rows random(Arena arena, float[] kind) {
            return new Rows(
                    numbers(arena, 1, kind), numbers(arena, 2, kind), numbers(arena, 3, kind), numbers(arena, 4, kind));
        }

        private static MemorySegment numbers(Arena arena, int seed, float[] kind) {
            SplittableRandom random = new SplittableRandom(seed);
            float[] values = new float[1200];
            for (int i = 0; i < values.length; i++) {
                boolean odd = kind.length > 0 && random.nextInt(4) == 0;
                values[i] = odd ? kind[random.nextInt(kind.length)] : (float) random.nextDouble(-2, 2);
            }
            return arena.allocateFrom(ValueLayout.JAVA_FLOAT, values);
        }
    }

    interface Kernel {
        void run(CellKernels cells, Rows rows, int n);
    }

    record Named(String name, Kernel kernel) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Named> kernels() {
        return Stream.of(
                new Named("sigmoid of rows", (c, r, n) -> c.sigmoid(r.kept, 1, n + 3, 4, n)),
                new Named("tanh of rows", (c, r, n) -> c.tanh(r.kept, 1, n + 3, 4, n)),
                new Named("rnn tanh", (c, r, n) -> c.rnn(false, r.kept, 1, r.state, 3, r.y, 5, n)),
                new Named("rnn relu", (c, r, n) -> c.rnn(true, r.kept, 1, r.state, 3, r.y, 5, n)),
                new Named("rnn tanh backward", (c, r, n) -> c.rnnBackward(false, r.kept, 1, r.y, 5, r.state, 3, n)),
                new Named("rnn relu backward", (c, r, n) -> c.rnnBackward(true, r.kept, 1, r.y, 5, r.state, 3, n)),
                lstm("lstm", Double.POSITIVE_INFINITY),
                lstmBackward("lstm backward", Double.POSITIVE_INFINITY),
                lstm("lstm clipped", 0.625),
                lstmBackward("lstm clipped backward", 0.625),
                new Named("gru", (c, r, n) -> c.gru(r.kept, 1, 1 + 3L * n, r.bias, 7, r.state, 3, r.y, 5, n)),
                new Named(
                        "gru backward",
                        (c, r, n) -> c.gruBackward(r.kept, 1, 1 + 3L * n, 1 + 4L * n, r.y, 5, r.state, 3, n)),
                new Named("reset gates", (c, r, n) -> c.resetGates(r.kept, 1, r.state, 3, 1 + 3L * n, n)),
                new Named("reset output", (c, r, n) -> c.resetOutput(r.kept, 1, r.state, 3, r.y, 5, n)),
                new Named(
                        "reset output backward",
                        (c, r, n) -> c.resetOutputBackward(r.kept, 1, 1 + 3L * n, r.y, 5, r.state, 3, n)),
                new Named(
                        "reset gates backward",
                        (c, r, n) -> c.resetGatesBackward(r.kept, 1, 1 + 3L * n, r.state, 3, 3 + n, n)));
    }

    private static Named lstm(String name, double bound) {
        return new Named(name, (c, r, n) -> c.lstm(r.kept, 1, r.state, 3, 3 + n, r.y, 5, n, bound));
    }

    private static Named lstmBackward(String name, double bound) {
        return new Named(name, (c, r, n) -> c.lstmBackward(r.kept, 1, 1 + 4L * n, r.y, 5, r.state, 3, 3 + n, n, bound));
    }

    /// Even where the cell's state before the step was infinite.
    @ParameterizedTest
    @ValueSource(ints = {0, 128, 256, 512})
    void aHeldCellPassesNothingOn(int bits) {
        CellKernels cells = bits == 0
                ? new ScalarCellKernels(DType.F32)
                : VectorKernels.of(bits).cells();
        int n = 21;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment kept = arena.allocate(ValueLayout.JAVA_FLOAT, 5L * n);
            MemorySegment ones = arena.allocate(ValueLayout.JAVA_FLOAT, 3L * n);
            for (int i = 0; i < 5 * n; i++) {
                kept.setAtIndex(ValueLayout.JAVA_FLOAT, i, i < 4 * n ? 0.5f : Float.POSITIVE_INFINITY);
                ones.setAtIndex(ValueLayout.JAVA_FLOAT, i % (3 * n), 1);
            }
            cells.lstmBackward(kept, 0, 4L * n, ones, 2L * n, ones, 0, n, n, 1);
            for (int i = 0; i < n; i++) {
                for (int gate = 0; gate < 3; gate++) {
                    assertEquals(0f, Math.abs(kept.getAtIndex(ValueLayout.JAVA_FLOAT, gate * n + i)), "gate " + gate);
                }
                float expected = (float) (2 * Math.tanh(1) * 0.25);
                assertEquals(expected, kept.getAtIndex(ValueLayout.JAVA_FLOAT, 3 * n + i), 1e-6f, "do");
                assertEquals(0f, Math.abs(ones.getAtIndex(ValueLayout.JAVA_FLOAT, n + i)), "dc");
            }
        }
    }

    @ParameterizedTest
    @MethodSource("kernels")
    void agreesWithItsTwin(Named named) {
        CellKernels scalar = new ScalarCellKernels(DType.F32);
        for (int bits : List.of(128, 256, 512)) {
            CellKernels vector = VectorKernels.of(bits).cells();
            for (int n : LENGTHS) {
                for (float[] kind : KINDS) {
                    try (Arena arena = Arena.ofConfined()) {
                        Rows expected = Rows.random(arena, kind);
                        Rows actual = Rows.random(arena, kind);
                        named.kernel.run(scalar, expected, n);
                        named.kernel.run(vector, actual, n);
                        String what = named + ", " + bits + " bits, " + n + " elements, ";
                        compare(expected.kept, actual.kept, what + "kept");
                        compare(expected.state, actual.state, what + "state");
                        compare(expected.y, actual.y, what + "y");
                        compare(expected.bias, actual.bias, what + "bias");
                    }
                }
            }
        }
    }

    private static void compare(MemorySegment expected, MemorySegment actual, String what) {
        float[] want = expected.toArray(ValueLayout.JAVA_FLOAT);
        float[] got = actual.toArray(ValueLayout.JAVA_FLOAT);
        for (int i = 0; i < want.length; i++) {
            boolean near = Math.abs(want[i] - got[i]) <= 1e-5 * Math.max(1, Math.abs(want[i]));
            assertTrue(
                    near || Float.compare(want[i], got[i]) == 0,
                    what + ", element " + i + ": " + got[i] + ", the scalar kernel has " + want[i]);
        }
    }
}
