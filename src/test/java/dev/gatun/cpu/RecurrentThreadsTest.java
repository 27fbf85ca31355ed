package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gatun.backend.CellType;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.conformance.RecurrentRun;
import dev.gatun.backend.conformance.ReferenceRecurrent;
import dev.gatun.layout.DType;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Whatever the number of threads, every bit is the same: outputs, states and gradients.
class RecurrentThreadsTest {
    private static final KernelChoice SCALAR = KernelChoice.scalar("test");
    private static final KernelChoice VECTOR = KernelChoice.of("vector", null);

    static Stream<Arguments> cases() {
        return Arrays.stream(CellType.values())
                .flatMap(cell -> Stream.of(
                        Arguments.of(cell, SCALAR, true),
                        Arguments.of(cell, VECTOR, true),
                        Arguments.of(cell, VECTOR, false)));
    }

    @ParameterizedTest
    @MethodSource("cases")
    void changeNothing(CellType cell, KernelChoice kernels, boolean bidirectional) {
        assertSame(spec(cell, bidirectional), kernels);
    }

    @Test
    void changeNothingOfProjectionsAndClipping() {
        assertSame(spec(CellType.LSTM, true).withProjection(20).withClip(0.5), VECTOR);
    }

    /// Threads share the products of one sequence, or its hidden units, which are enough here for slices and a rest.
    /// A GRU of the smaller size shares the block of its candidate on the way back alone.
    @ParameterizedTest
    @EnumSource
    void changeNothingOfOneSequence(CellType cell) {
        for (int hidden : new int[] {264, 376}) {
            RecurrentSpec spec = RecurrentSpec.of(cell, 20, hidden).withLayers(2);
            RecurrentCall call = new RecurrentCall(spec, 1, 20, null, null);
            assertSame(call, VECTOR);
            for (KernelChoice kernels : new KernelChoice[] {SCALAR, VECTOR}) {
                ReferenceRecurrent.Result alone = infer(kernels, 1, call);
                for (int threads : new int[] {2, 3, 7}) {
                    assertSame(alone, infer(kernels, threads, call));
                }
            }
        }
    }

    private static ReferenceRecurrent.Result infer(KernelChoice kernels, int threads, RecurrentCall call) {
        RecurrentRun run = new RecurrentRun(CpuBackend.create(kernels, threads), call, true);
        return run.infer(DType.F32, run.inputs(7));
    }

    private static void assertSame(ReferenceRecurrent.Result expected, ReferenceRecurrent.Result actual) {
        assertArrayEquals(expected.y(), actual.y());
        assertArrayEquals(expected.hn(), actual.hn());
        assertArrayEquals(expected.cn(), actual.cn());
    }

    private static void assertSame(RecurrentSpec spec, KernelChoice kernels) {
        int[] lengths = new int[29];
        Arrays.setAll(lengths, i -> i * 5 % 12);
        assertSame(new RecurrentCall(spec, lengths.length, 11, lengths, new RandomStream(2, 3)), kernels);
    }

    private static void assertSame(RecurrentCall call, KernelChoice kernels) {
        RecurrentRun.Outcome alone = run(kernels, 1, call);
        for (int threads : new int[] {2, 3, 7}) {
            RecurrentRun.Outcome shared = run(kernels, threads, call);
            assertSame(alone.outputs(), shared.outputs());
            assertArrayEquals(alone.gradients().dx(), shared.gradients().dx());
            assertArrayEquals(alone.gradients().dh0(), shared.gradients().dh0());
            assertArrayEquals(alone.gradients().dc0(), shared.gradients().dc0());
            assertArrayEquals(alone.gradients().dweights(), shared.gradients().dweights());
        }
    }

    private static RecurrentSpec spec(CellType cell, boolean bidirectional) {
        RecurrentSpec spec = RecurrentSpec.of(cell, 20, 48).withLayers(2).withDropout(0.3);
        return bidirectional ? spec.withBothDirections() : spec;
    }

    private static RecurrentRun.Outcome run(KernelChoice kernels, int threads, RecurrentCall call) {
        RecurrentRun run = new RecurrentRun(CpuBackend.create(kernels, threads), call, true);
        return run.train(DType.F32, run.inputs(7), run.upstream(7));
    }
}
