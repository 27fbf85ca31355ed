package dev.gatun.cpu.kernel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.PointwiseLoss;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Gradients, losses and sums of special numbers with vectors of every size against the scalar kernels, each number with each. */
class VectorElementwiseKernelsTest {
    private static final float[] SPECIALS = {
        0f,
        -0f,
        1,
        -1,
        Float.POSITIVE_INFINITY,
        Float.NEGATIVE_INFINITY,
        Float.NaN,
        Float.MIN_VALUE,
        -Float.MIN_VALUE,
        1e-40f,
        Float.MIN_NORMAL,
        -Float.MIN_NORMAL,
        Float.MAX_VALUE,
        -Float.MAX_VALUE,
        1e-10f,
        -14.5f,
        9.02f,
        40,
        -40,
        88.73f,
        -103.9f,
        1e30f,
        -1e30f
    };

    private static final int N = SPECIALS.length * SPECIALS.length;

    private final ElementwiseKernels scalar = new ScalarElementwiseKernels(DType.F32);

    private interface Kernel {
        void run(ElementwiseKernels kernels, MemorySegment a, MemorySegment b, MemorySegment result);
    }

    /** Runs a kernel on all pairs, from an element on that no vector is aligned to. */
    private void check(int bits, String what, Kernel kernel) {
        ElementwiseKernels vector = VectorKernels.of(bits).elementwise();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment a = arena.allocate(4L * (N + 1));
            MemorySegment b = arena.allocate(4L * (N + 1));
            MemorySegment expected = arena.allocate(4L * (N + 1));
            MemorySegment actual = arena.allocate(4L * (N + 1));
            for (int i = 0; i < N; i++) {
                a.setAtIndex(ValueLayout.JAVA_FLOAT, i + 1, SPECIALS[i / SPECIALS.length]);
                b.setAtIndex(ValueLayout.JAVA_FLOAT, i + 1, SPECIALS[i % SPECIALS.length]);
            }
            kernel.run(scalar, a, b, expected);
            kernel.run(vector, a, b, actual);
            for (int i = 1; i <= N; i++) {
                float want = expected.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                float got = actual.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                boolean near = Math.abs(want - got) <= 4e-6 * Math.max(1, Math.abs(want));
                String at = what + " of " + a.getAtIndex(ValueLayout.JAVA_FLOAT, i) + " and "
                        + b.getAtIndex(ValueLayout.JAVA_FLOAT, i);
                assertTrue(near || Float.compare(want, got) == 0, () -> at + " is " + got + ", scalar " + want);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void gradients(int bits) {
        for (UnaryFunction function : UnaryFunction.values()) {
            check(bits, function + " backward", (kernels, x, dy, dx) -> {
                try (Arena arena = Arena.ofConfined()) {
                    MemorySegment y = arena.allocate(4L * (N + 1));
                    scalar.unary(function, x, 1, y, 1, N);
                    kernels.unaryBackward(function, x, 1, y, 1, upstream(function, dy, arena), 1, dx, 1, N);
                }
            });
        }
    }

    /** The tails of gates vanish in F32 and not in double: times an infinity that would be NaN here and an infinity there. */
    private static MemorySegment upstream(UnaryFunction function, MemorySegment dy, Arena arena) {
        return switch (function) {
            case GELU, GELU_TANH, SILU -> {
                float[] ones = new float[N + 1];
                Arrays.fill(ones, 1);
                yield arena.allocateFrom(ValueLayout.JAVA_FLOAT, ones);
            }
            default -> dy;
        };
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void losses(int bits) {
        for (PointwiseLoss loss : PointwiseLoss.values()) {
            check(bits, loss.toString(), (kernels, x, t, y) -> kernels.loss(loss, 1.5, x, 1, t, 1, y, 1, N));
            check(
                    bits,
                    loss + " backward",
                    (kernels, x, t, dx) -> kernels.lossBackward(loss, 1.5, x, 1, t, 1, x, 1, dx, 1, N));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {128, 256, 512})
    void sums(int bits) {
        check(bits, "affine", (kernels, x, _, y) -> kernels.affine(x, 1, 1.5, -0.5, y, 1, N));
        check(bits, "accumulate", (kernels, x, before, y) -> {
            MemorySegment.copy(before, 0, y, 0, y.byteSize());
            kernels.accumulate(x, 1, 1.5, y, 1, N);
        });
    }
}
