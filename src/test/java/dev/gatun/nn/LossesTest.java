package dev.gatun.nn;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tape;
import dev.gatun.Tensor;
import dev.gatun.layout.DType;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@ExtendWith(MemoryLeakExtension.class)
class LossesTest {
    private static final Device CPU = Device.cpu();
    private static final float NAN = Float.NaN;

    private interface Loss {
        Tensor of(Tensor prediction, Tensor target, LossOptions options);
    }

    enum Kind {
        MSE(Losses::mse),
        L1(Losses::l1),
        HUBER((x, t, options) -> Losses.huber(x, t, 1, options)),
        BCE(Losses::bceWithLogits),
        BCE_WEIGHTED((x, t, options) -> Losses.bceWithLogits(x, t, Tensor.of(CPU, new float[] {2, 3}, 2), options));

        private final Loss loss;

        Kind(Loss loss) {
            this.loss = loss;
        }
    }

    /** Three sequences of two features: what lies past a length is nonsense, and must not matter. */
    @ParameterizedTest
    @EnumSource
    void maskedElementsDoNotMatter(Kind kind) {
        float[] x = {1, -1, 0.5f, 2, NAN, Float.POSITIVE_INFINITY, 3, -2, NAN, NAN, 7, NAN};
        float[] t = {0, 1, 1, 0.25f, NAN, 1, 0, 0.5f, 5, NAN, NAN, 1e30f};
        float[] shownX = {1, -1, 0.5f, 2, 3, -2};
        float[] shownT = {0, 1, 1, 0.25f, 0, 0.5f};
        boolean[] mask = {true, true, false, true, false, false};
        try (Tape tape = Tape.record()) {
            Tensor whole = tape.watch(Tensor.of(CPU, x, 3, 2, 2));
            Tensor target = Tensor.of(CPU, t, 3, 2, 2);
            Tensor part = tape.watch(Tensor.of(CPU, shownX, 3, 2));
            Tensor partTarget = Tensor.of(CPU, shownT, 3, 2);
            Tensor marks = Tensor.of(CPU, mask, 3, 2);
            Tensor loss = kind.loss.of(whole, target, LossOptions.mean().mask(marks));
            Tensor expected = kind.loss.of(part, partTarget, LossOptions.mean());
            assertEquals(expected.item(), loss.item(), 1e-6);
            Tensor sum = kind.loss.of(whole, target, LossOptions.sum().mask(marks.to(DType.F32)));
            assertEquals(6 * expected.item(), sum.item(), 1e-5);
            float[] each =
                    kind.loss.of(whole, target, LossOptions.none().mask(marks)).toFloats();
            assertEquals(0, each[4]);
            assertEquals(0, each[10]);
            var gradients = tape.gradients(loss.add(expected), List.of(whole, part));
            float[] all = gradients.of(whole).toFloats();
            float[] few = gradients.of(part).toFloats();
            float[] spread = {few[0], few[1], few[2], few[3], 0, 0, few[4], few[5], 0, 0, 0, 0};
            assertArrayEquals(spread, all, 1e-6f);
        }
    }

    @ParameterizedTest
    @EnumSource
    void nothingToLearnFromIsNoLoss(Kind kind) {
        try (Tape tape = Tape.record()) {
            Tensor x = tape.watch(Tensor.of(CPU, new float[] {1, 2}, 1, 2));
            Tensor none = Tensor.of(CPU, new boolean[2], 1, 2);
            Tensor loss =
                    kind.loss.of(x, Tensor.zeros(CPU, 1, 2), LossOptions.mean().mask(none));
            assertEquals(0, loss.item());
            assertArrayEquals(
                    new float[2], tape.gradients(loss, List.of(x)).of(x).toFloats());
        }
    }

    @Test
    void aMaskOfThePredictionsRankBroadcasts() {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.of(CPU, new float[] {1, 2, 3, 4}, 2, 2);
            Tensor columns = Tensor.of(CPU, new boolean[] {true, false}, 1, 2);
            Tensor rows = Tensor.of(CPU, new boolean[] {true, false}, 2);
            assertEquals(
                    5,
                    Losses.mse(x, Tensor.zeros(CPU, 2, 2), LossOptions.mean().mask(columns))
                            .item());
            assertEquals(
                    2.5,
                    Losses.mse(x, Tensor.zeros(CPU, 2, 2), LossOptions.mean().mask(rows))
                            .item());
        }
    }

    @Test
    void withoutOptionsLossesAreMeans() {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.of(CPU, new float[] {3, -1}, 2);
            Tensor t = Tensor.of(CPU, new float[] {1, 0}, 2);
            assertEquals(2.5, Losses.mse(x, t).item(), 1e-6);
            assertEquals(1.5, Losses.l1(x, t).item(), 1e-6);
            assertEquals(1, Losses.huber(x, t).item(), 1e-6);
            double expected = (Math.log1p(Math.exp(-3)) + Math.log1p(Math.exp(-1))) / 2;
            assertEquals(expected, Losses.bceWithLogits(x, t).item(), 1e-6);
            Tensor classes = Tensor.of(CPU, new int[] {0}, 1);
            double likely = Math.log1p(Math.exp(-4));
            assertEquals(likely, Losses.crossEntropy(x.reshape(1, 2), classes).item(), 1e-6);
        }
    }

    /** As PyTorch has it: 0 / 0. */
    @Test
    void theMeanOfIgnoredRowsAloneIsNotANumber() {
        try (Scope _ = Scope.open()) {
            Tensor loss = Losses.crossEntropy(
                    Tensor.zeros(CPU, 2, 3),
                    Tensor.of(CPU, new int[] {7, 7}, 2),
                    CrossEntropyOptions.defaults().ignore(7));
            assertTrue(Double.isNaN(loss.item()));
        }
    }

    /** Every class is as likely as every other: the target's own logit is one of all. */
    @Test
    void labelsCanBeSmoothedAltogether() {
        try (Scope _ = Scope.open()) {
            Tensor logits = Tensor.of(CPU, new float[] {1, 2, 3}, 1, 3);
            Tensor target = Tensor.of(CPU, new int[] {0}, 1);
            CrossEntropyOptions options = CrossEntropyOptions.defaults().labelSmoothing(1);
            double expected = Math.log(Math.exp(1) + Math.exp(2) + Math.exp(3)) - 2;
            assertEquals(expected, Losses.crossEntropy(logits, target, options).item(), 1e-6);
        }
    }

    @ParameterizedTest
    @EnumSource
    void targetsAreNotTrained(Kind kind) {
        try (Tape tape = Tape.record()) {
            Tensor x = Tensor.of(CPU, new float[] {1, 2}, 1, 2);
            Tensor target = tape.watch(Tensor.zeros(CPU, 1, 2));
            refused(() -> kind.loss.of(x, target, LossOptions.mean()), "the target cannot be trained; detach() it");
        }
    }

    @ParameterizedTest
    @EnumSource
    void factorsDoNotMakeMoreLosses(Kind kind) {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.zeros(CPU, 1, 2);
            LossOptions options = LossOptions.mean().weight(Tensor.ones(CPU, 3, 2));
            refused(
                    () -> kind.loss.of(x, x, options),
                    "the weight must broadcast to the prediction's shape [1, 2], was given [3, 2]");
            Tensor positive = Tensor.ones(CPU, 3, 2);
            refused(
                    () -> Losses.bceWithLogits(x, x, positive, LossOptions.mean()),
                    "bce_with_logits: the positive weight must broadcast to the prediction's shape [1, 2]");
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Scope _ = Scope.open()) {
            Tensor x = Tensor.zeros(CPU, 4, 1);
            refused(() -> Losses.mse(x, Tensor.zeros(CPU, 4)), "target must have the prediction's shape [4, 1]");
            refused(() -> Losses.huber(x, x, 0, LossOptions.mean()), "delta must be positive");
            Tensor logits = Tensor.zeros(CPU, 2, 3, 5);
            refused(
                    () -> Losses.crossEntropy(logits, Tensor.of(CPU, new int[10], 2, 5)),
                    "expected logits [..., classes] and targets [...], was given [2, 3, 5] and [2, 5]");
            refused(() -> Losses.crossEntropy(logits, Tensor.zeros(CPU, 2, 3)), "I32 or I64");
            refused(() -> CrossEntropyOptions.defaults().labelSmoothing(1.5), "label smoothing must be from 0 to 1");
            Tensor tooLarge = Tensor.of(CPU, new int[] {0, 1, 2, 3, 4, 5}, 2, 3);
            assertThrows(IndexOutOfBoundsException.class, () -> Losses.crossEntropy(logits, tooLarge));
        }
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
