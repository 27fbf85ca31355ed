package dev.gatun.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.Device;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.Scope;
import dev.gatun.Tensor;
import dev.gatun.layout.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(MemoryLeakExtension.class)
class PaddedTest {
    private static final Device CPU = Device.cpu();

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Text(int[] tokens) {}

    @Test
    void vectorsAreFilledUpWithZeros() {
        try (Scope _ = Scope.open()) {
            float[][] two = {{1, 2}, {3, 4}};
            float[][] none = {};
            float[][] one = {{5, 6}};
            Padded padded = Padded.of(CPU, List.of(two, none, one));
            assertEquals(Shape.of(3, 2, 2), padded.values().shape());
            assertArrayEquals(
                    new float[] {1, 2, 3, 4, 0, 0, 0, 0, 5, 6, 0, 0},
                    padded.values().toFloats());
            assertArrayEquals(new int[] {2, 0, 1}, padded.lengths());
            assertEquals(2, padded.steps());
            boolean[] mask = {true, true, false, false, true, false};
            boolean[] padding = {false, false, true, true, false, true};
            assertArrayEquals(mask, padded.mask().toBooleans());
            assertArrayEquals(padding, padded.padding().toBooleans());
            assertEquals(Shape.of(3, 2), padded.mask().shape());
        }
    }

    @Test
    void tokensAreFilledUpWithPadding() {
        try (Scope _ = Scope.open()) {
            List<Text> texts = List.of(new Text(new int[] {5}), new Text(new int[] {6, 7, 8}));
            Padded padded = Padded.ofTokens(CPU, texts, Text::tokens, 9);
            assertArrayEquals(new int[] {5, 9, 9, 6, 7, 8}, padded.values().toInts());
            assertEquals(Shape.of(2, 3), padded.values().shape());
            assertArrayEquals(new int[] {1, 3}, padded.lengths());
            Padded empty = Padded.ofTokens(CPU, List.of(new int[0], new int[0]), 9);
            assertArrayEquals(new int[] {9, 9}, empty.values().toInts());
            assertArrayEquals(new int[] {0, 0}, empty.lengths());
        }
    }

    @Test
    void movesOutOfAScopeWithItsTensors() {
        try (Scope _ = Scope.open()) {
            Padded kept;
            try (Scope inner = Scope.open()) {
                kept = inner.keep(Padded.ofTokens(CPU, List.of(new int[] {1, 2}), 0));
            }
            assertArrayEquals(new int[] {1, 2}, kept.values().toInts());
        }
    }

    @Test
    void whatDoesNotFitIsRefused() {
        try (Scope _ = Scope.open()) {
            float[][] two = {{1, 2}};
            float[][] three = {{1, 2, 3}};
            refused(() -> Padded.of(CPU, List.of(two, three)), "step 0 of sequence 1 has 3 features, others have 2");
            refused(() -> Padded.of(CPU, List.of()), "no sequence of the batch has a step");
            Tensor values = Tensor.zeros(CPU, 2, 3);
            refused(() -> new Padded(values, new int[] {4, 0}), "length 4 does not fit [2, 3]");
            refused(() -> new Padded(values, new int[] {1}), "expected [1, steps, ...], was given [2, 3]");
        }
    }

    private static void refused(Executable call, String part) {
        String message = assertThrows(IllegalArgumentException.class, call).getMessage();
        assertTrue(message.contains(part), message);
    }
}
