package dev.gatun.op;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.AttentionMask;
import dev.gatun.Device;
import dev.gatun.Functional;
import dev.gatun.Generator;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(MemoryLeakExtension.class)
class AttentionOpTest {
    private static final Device CPU = Device.cpu();

    private static Tensor numbers(long seed, int... sizes) {
        return Tensor.normal(CPU, Generator.seeded(seed), DType.F32, Shape.of(sizes), 0, 1);
    }

    private static String refusal(Tensor q, Tensor k, Tensor v, AttentionMask mask) {
        return assertThrows(ShapeException.class, () -> Functional.attention(q, k, v, mask, 1, 0))
                .getMessage();
    }

    @Test
    void refusalsNameWhatWasGiven() {
        try (Scope _ = Scope.open()) {
            Tensor q = numbers(1, 2, 3, 5, 8);
            Tensor k = numbers(1, 2, 3, 7, 8);
            Tensor v = numbers(1, 2, 3, 7, 4);
            AttentionMask none = AttentionMask.NONE;
            assertEquals(
                    "attention: query must be [batch, heads, steps, size], was given [3, 5, 8]",
                    refusal(numbers(1, 3, 5, 8), k, v, none));
            assertEquals("attention: head sizes differ: query [2, 3, 5, 8], key [2, 3, 7, 4]", refusal(q, v, v, none));
            assertEquals(
                    "attention: keys and values differ in number: key [2, 3, 7, 8], value [2, 3, 5, 8]",
                    refusal(q, k, q, none));
            assertEquals(
                    "attention: batch and heads differ: query [2, 1, 5, 8], key [2, 3, 7, 8], value [2, 3, 7, 4]",
                    refusal(numbers(1, 2, 1, 5, 8), k, v, none));
            assertEquals(
                    "attention: cannot broadcast [7, 5] to [2, 3, 5, 7]",
                    refusal(q, k, v, AttentionMask.of(numbers(1, 7, 5))));
            assertEquals(
                    "attention: the mask must be BOOL or of the query's type F32, was given I64 [7]",
                    refusal(q, k, v, AttentionMask.of(Tensor.range(CPU, 0, 7))));
            assertEquals(
                    "attention: key padding must be BOOL [2, 7], was given BOOL [2, 5]",
                    refusal(q, k, v, AttentionMask.padding(Tensor.of(CPU, new boolean[10], 2, 5))));
        }
    }

    @Test
    void dropoutIsAProbability() {
        try (Tape _ = Tape.record()) {
            Tensor q = numbers(1, 2, 3, 5, 8);
            for (double dropout : new double[] {-0.1, 1, Double.NaN}) {
                String message = assertThrows(
                                ShapeException.class,
                                () -> Functional.attention(q, q, q, AttentionMask.NONE, 1, dropout))
                        .getMessage();
                assertEquals("attention: dropout must be in [0, 1), was given " + dropout, message);
            }
        }
    }

    @Test
    void maskHasNoGradient() {
        try (Tape tape = Tape.record()) {
            Tensor q = numbers(1, 2, 3, 5, 8);
            AttentionMask mask = AttentionMask.of(tape.watch(numbers(2, 5, 5)));
            assertEquals(
                    "attention: the additive mask has no gradient: give one that is neither watched, nor a parameter,"
                            + " nor computed from one",
                    refusal(q, q, q, mask));
        }
    }

    @Test
    void dropoutActsUnderATapeAloneAndFollowsItsGenerator() {
        try (Scope _ = Scope.open()) {
            Tensor q = numbers(1, 1, 2, 4, 8);
            double[] plain = attend(q, 0);
            assertArrayEquals(plain, attend(q, 0.5));
            double[] first = recorded(q, 7);
            assertArrayEquals(first, recorded(q, 7));
            assertFalse(Arrays.equals(first, recorded(q, 8)));
            assertFalse(Arrays.equals(first, plain));
        }
    }

    private static double[] attend(Tensor q, double dropout) {
        return Functional.attention(q, q, q, AttentionMask.NONE, 0.5, dropout).toDoubles();
    }

    private static double[] recorded(Tensor q, long seed) {
        try (Tape _ = Tape.record(Generator.seeded(seed))) {
            return attend(q, 0.5);
        }
    }

    @Test
    void queriesWithoutKeysGiveZerosAndNoGradient() {
        try (Tape tape = Tape.record()) {
            Tensor q = tape.watch(numbers(1, 2, 1, 3, 4));
            Tensor padding = AttentionMask.keyPadding(CPU, 3, 0, 2);
            Tensor y = Functional.attention(q, q, q, AttentionMask.padding(padding), 0.5, 0);
            double[] first = y.slice(0, 0, 1).toDoubles();
            assertArrayEquals(new double[12], first);
            double[] gradient =
                    tape.gradients(y.square().sum(), List.of(q)).of(q).toDoubles();
            assertArrayEquals(new double[12], Arrays.copyOf(gradient, 12));
            assertTrue(Arrays.stream(gradient).allMatch(Double::isFinite));
            assertTrue(Arrays.stream(gradient, 12, 24).anyMatch(g -> g != 0));
        }
    }

    @Test
    void paddingOfLengthsMarksWhatFollows() {
        try (Scope _ = Scope.open()) {
            boolean[] expected = {false, false, true, true, true, true, false, false, false};
            assertArrayEquals(
                    expected, AttentionMask.keyPadding(CPU, 3, 2, 0, 3).toBooleans());
            assertEquals(
                    "keyPadding: length 4 does not fit 3 steps",
                    assertThrows(ShapeException.class, () -> AttentionMask.keyPadding(CPU, 3, 4))
                            .getMessage());
        }
    }

    @Test
    void lengthsKnownOnTheHostChangeNoResult() {
        try (Scope _ = Scope.open()) {
            Tensor q = numbers(1, 3, 2, 4, 5);
            AttentionMask lengths = AttentionMask.lengths(CPU, 4, 4, 0, 3).withCausality();
            AttentionMask padding = AttentionMask.padding(AttentionMask.keyPadding(CPU, 4, 4, 0, 3))
                    .withCausality();
            assertArrayEquals(new int[] {4, 0, 3}, lengths.keyLengths());
            assertNull(padding.keyLengths());
            assertNull(lengths.withPadding(padding.keyPadding()).keyLengths());
            assertArrayEquals(
                    Functional.attention(q, q, q, padding, 0.5, 0).toDoubles(),
                    Functional.attention(q, q, q, lengths, 0.5, 0).toDoubles());
        }
    }

    @Test
    void lengthsMustFitTheKeysAndComeWithTheirPadding() {
        try (Scope _ = Scope.open()) {
            Tensor q = numbers(1, 2, 2, 4, 5);
            Tensor padding = AttentionMask.keyPadding(CPU, 4, 4, 3);
            String needs =
                    "attention: key lengths need the key padding that says the same, and a number from 0 to 4 for"
                            + " each of 2 sequences; was given ";
            assertEquals(needs + "[4, 5]", refusal(q, q, q, new AttentionMask(false, null, padding, new int[] {4, 5})));
            assertEquals(needs + "[4]", refusal(q, q, q, new AttentionMask(false, null, padding, new int[] {4})));
            assertEquals(needs + "[4, 3]", refusal(q, q, q, new AttentionMask(false, null, null, new int[] {4, 3})));
        }
    }

    /// The gradients of q, k and v come as parts of one whole, so that the projection's gradient needs no copy.
    @Test
    void gradientsOfPackedProjectionsAreNotCopied() {
        try (Tape tape = Tape.record()) {
            Tensor packed = tape.watch(numbers(1, 2, 5, 24));
            List<Tensor> parts = packed.split(-1, 8, 8, 8).stream()
                    .map(part -> part.reshape(2, 5, 2, 4).transpose(1, 2))
                    .toList();
            Tensor y = Functional.attention(parts.get(0), parts.get(1), parts.get(2), AttentionMask.NONE, 0.5, 0);
            Tensor loss = y.square().sum();
            long before = CPU.memory().inUse();
            Tensor gradient = tape.gradients(loss, List.of(packed)).of(packed);
            assertTrue(gradient.view().isContiguous());
            assertEquals(packed.shape(), gradient.shape());
            assertTrue(CPU.memory().inUse() <= before + 2 * 5 * 24 * 4 + 64);
        }
    }
}
