package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.CrossEntropyRule;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(MemoryLeakExtension.class)
class TapeTest {
    private static final Device CPU = Device.cpu();

    private static Parameter parameter(float... values) {
        try (var _ = Scope.open()) {
            return Parameter.of(Tensor.of(CPU, values, values.length));
        }
    }

    @Test
    void aTensorNeededTwiceAccumulates() {
        try (Parameter w = parameter(2, 3);
                var tape = Tape.record()) {
            Tensor loss = w.multiply(w).add(w).sum();
            assertArrayEquals(
                    new float[] {5, 7}, tape.gradients(loss, List.of(w)).of(w).toFloats());
        }
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void inputsHaveGradientsWhenWatched() {
        try (Parameter w = parameter(2, 3);
                var tape = Tape.record()) {
            Tensor x = tape.watch(Tensor.of(CPU, new float[] {5, 7}, 2));
            Tensor product = w.multiply(x);
            Gradients gradients = tape.gradients(product.square().sum(), List.of(w, x, product));
            assertArrayEquals(new float[] {100, 294}, gradients.of(w).toFloats());
            assertArrayEquals(new float[] {40, 126}, gradients.of(x).toFloats());
            assertArrayEquals(new float[] {20, 42}, gradients.of(product).toFloats());
            assertEquals(List.of(w, x, product), gradients.tensors());
        }
    }

    @Test
    void whatTheLossDoesNotDependOnHasNoGradient() {
        try (Parameter used = parameter(2);
                Parameter unused = parameter(3);
                var tape = Tape.record()) {
            Gradients gradients = tape.gradients(used.square().sum(), List.of(used, unused));
            assertTrue(gradients.find(unused).isEmpty());
            IllegalArgumentException none = assertThrows(IllegalArgumentException.class, () -> gradients.of(unused));
            assertTrue(none.getMessage().contains("the loss does not depend on it"), none.getMessage());
        }
    }

    @Test
    void gradientsThatWouldShareStorageAreSeparate() {
        try (Parameter a = parameter(1, 2);
                Parameter b = parameter(3, 4);
                var tape = Tape.record()) {
            Gradients gradients = tape.gradients(a.add(b).sum(), List.of(a, b));
            gradients.scale(3);
            assertArrayEquals(new float[] {3, 3}, gradients.of(a).toFloats());
            assertArrayEquals(new float[] {3, 3}, gradients.of(b).toFloats());
        }
    }

    @Test
    void partsOfAPackedParameterGetTheirPartsOfItsGradient() {
        try (Parameter packed = parameter(1, 2, 3, 4, 5);
                Parameter weight = packed.part(Layout.contiguous(Shape.of(2, 2), 0));
                Parameter bias = packed.part(Layout.contiguous(Shape.of(1), 4));
                var tape = Tape.record()) {
            Tensor loss = packed.square().sum().add(bias.sum());
            Gradients gradients = tape.gradients(loss, List.of(weight, bias));
            assertArrayEquals(new float[] {2, 4, 6, 8}, gradients.of(weight).toFloats());
            assertArrayEquals(new float[] {11}, gradients.of(bias).toFloats());
        }
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void frozenParametersAreLeftAlone() {
        try (Parameter w = parameter(2);
                Parameter v = parameter(3)) {
            w.freeze(true);
            try (var tape = Tape.record()) {
                Gradients gradients = tape.gradients(w.multiply(v).sum(), List.of(w, v));
                assertTrue(gradients.find(w).isEmpty());
                assertArrayEquals(new float[] {2}, gradients.of(v).toFloats());
            }
        }
    }

    @Test
    void aFrozenPartHasNoGradient() {
        try (Parameter packed = parameter(1, 2, 3);
                Parameter frozen = packed.part(Layout.contiguous(Shape.of(2), 0));
                Parameter trained = packed.part(Layout.contiguous(Shape.of(1), 2));
                var tape = Tape.record()) {
            frozen.freeze(true);
            Gradients gradients = tape.gradients(packed.square().sum(), List.of(frozen, trained));
            assertTrue(gradients.find(frozen).isEmpty());
            assertArrayEquals(new float[] {6}, gradients.of(trained).toFloats());
        }
    }

    @Test
    void classWeightsCannotBeTrained() {
        try (Parameter weights = parameter(1, 2);
                var _ = Tape.record()) {
            Tensor targets = Tensor.of(CPU, new int[] {1}, 1);
            CrossEntropyRule rule = new CrossEntropyRule(-100, 0);
            assertMessage(
                    "cross_entropy: the class weights cannot be trained; detach() them",
                    () -> Functional.crossEntropy(Tensor.ones(CPU, 1, 2), targets, weights, rule));
        }
    }

    @Test
    void equalsShareTheGradient() {
        try (Parameter w = parameter(3, 1, 3);
                Parameter v = parameter(3, 2, 1);
                var tape = Tape.record()) {
            Tensor loss = w.max().add(w.maximum(v).sum()).add(w.minimum(v).sum());
            Gradients gradients = tape.gradients(loss, List.of(w, v));
            assertArrayEquals(new float[] {1.5f, 1, 1.5f}, gradients.of(w).toFloats());
            assertArrayEquals(new float[] {1, 1, 1}, gradients.of(v).toFloats());
        }
    }

    /** What another thread closes in the middle of an operation stays until the operation is done. */
    @Test
    void operandsAreHeldWhileAnOperationRuns() throws Exception {
        for (int i = 0; i < 200; i++) {
            Parameter w = parameter(new float[50_000]);
            try (var _ = Scope.open();
                    var closing = Executors.newSingleThreadExecutor()) {
                var closed = closing.submit(w::close);
                try {
                    assertEquals(50_000, w.exp().sum().item());
                } catch (IllegalStateException early) {
                    assertTrue(early.getMessage().contains("after it"), early.getMessage());
                }
                closed.get();
            }
        }
    }

    @Test
    void detachStopsGradients() {
        try (Parameter w = parameter(2);
                var tape = Tape.record()) {
            Tensor loss = w.multiply(w.detach()).sum();
            assertArrayEquals(
                    new float[] {2}, tape.gradients(loss, List.of(w)).of(w).toFloats());
        }
    }

    @Test
    void anInnerScopeDoesNotTakeAwayWhatWasSaved() {
        try (Parameter w = parameter(2, 3);
                var tape = Tape.record()) {
            Tensor loss;
            try (var inner = Scope.open()) {
                loss = inner.keep(w.exp().square().sum());
            }
            float[] gradient = tape.gradients(loss, List.of(w)).of(w).toFloats();
            assertEquals(2 * Math.exp(4), gradient[0], 1e-4);
        }
        assertEquals(0, CPU.memory().inUse());
    }

    @Test
    void withoutATapeNothingIsSavedAndDropoutIsOff() {
        try (Parameter w = parameter(1, 2, 3);
                var _ = Scope.open()) {
            assertFalse(Tape.isRecording());
            assertSame(w, Functional.dropout(w, 0.5));
            long before = CPU.memory().inUse();
            w.exp().close();
            assertEquals(before, CPU.memory().inUse());
        }
    }

    @Test
    void dropoutRepeatsWithItsSeed() {
        float[] first = dropped(7);
        assertArrayEquals(first, dropped(7));
        assertFalse(Arrays.equals(first, dropped(8)));
    }

    private static float[] dropped(long seed) {
        try (var _ = Tape.record(Generator.seeded(seed))) {
            return Functional.dropout(Tensor.ones(CPU, 1000), 0.5).toFloats();
        }
    }

    @Test
    void aGivenGradientIsThatOfItsProductsWithTheOutput() {
        try (Parameter w = parameter(2, 3);
                var _ = Scope.open()) {
            Tensor upstream = Tensor.of(CPU, new float[] {5, 7}, 2);
            try (var tape = Tape.record()) {
                Tensor cube = w.square().multiply(w);
                Gradients gradients = tape.gradients(cube, upstream, List.of(w, cube));
                assertArrayEquals(new float[] {60, 189}, gradients.of(w).toFloats());
                assertArrayEquals(new float[] {5, 7}, gradients.of(cube).toFloats());
            }
        }
    }

    @Test
    void aGivenGradientStaysAsItWas() {
        try (Parameter a = parameter(1, 2);
                Parameter b = parameter(3, 4);
                var _ = Scope.open()) {
            Tensor upstream = Tensor.of(CPU, new float[] {5, 7}, 2);
            try (var tape = Tape.record()) {
                Gradients gradients = tape.gradients(a.add(b), upstream, List.of(a, b));
                gradients.scale(3);
                assertArrayEquals(new float[] {15, 21}, gradients.of(b).toFloats());
            }
            assertArrayEquals(new float[] {5, 7}, upstream.toFloats());
        }
    }

    @Test
    void aGivenGradientFitsItsOutput() {
        try (Parameter w = parameter(2, 3);
                var tape = Tape.record()) {
            Tensor y = w.square();
            Tensor wide = Tensor.ones(CPU, 3);
            assertMessage(
                    "the output is F32 [2] on cpu, but the gradient by it is F32 [3] on cpu",
                    () -> tape.gradients(y, wide, List.of(w)));
            Tensor precise = Tensor.full(CPU, DType.F64, Shape.of(2), 1);
            assertMessage("but the gradient by it is F64 [2]", () -> tape.gradients(y, precise, List.of(w)));
            Tensor ones = Tensor.ones(CPU, 2);
            assertMessage("does not depend on any parameter", () -> tape.gradients(ones, ones, List.of(w)));
        }
    }

    @Test
    void aLossMustBeASingleNumberOfThisTape() {
        try (Parameter w = parameter(2, 3)) {
            try (var tape = Tape.record()) {
                Tensor wide = w.square();
                assertMessage("must be a single number, was given [2]", () -> tape.gradients(wide, List.of(w)));
                Tensor constant = Tensor.ones(CPU, 1);
                assertMessage("does not depend on any parameter", () -> tape.gradients(constant, List.of(w)));
                tape.gradients(wide.sum(), List.of(w));
                Tensor again = wide.sum();
                assertMessage("gave its gradients already", () -> tape.gradients(again, List.of(w)));
            }
        }
    }

    @Test
    void aForeignOrClosedTapeIsRefused() {
        try (Parameter w = parameter(2, 3);
                var _ = Scope.open()) {
            Tape closed = Tape.record();
            Tensor loss = closed.keep(w.sum());
            closed.close();
            assertMessage("the scope is closed", () -> closed.gradients(loss, List.of(w)));
            try (var tape = Tape.record()) {
                assertMessage("under another tape", () -> tape.gradients(loss, List.of(w)));
                assertMessage("tapes do not nest", Tape::record);
            }
        }
    }

    private static void assertMessage(String expected, Executable call) {
        RuntimeException thrown = assertThrows(RuntimeException.class, call);
        assertTrue(thrown.getMessage().contains(expected), thrown.getMessage());
    }

    @Test
    void clippingByNormScalesAllGradientsAlike() {
        try (Parameter a = parameter(3);
                Parameter b = parameter(4);
                var tape = Tape.record()) {
            Gradients gradients = tape.gradients(a.square().add(b.square()).sum(), List.of(a, b));
            assertEquals(10, gradients.norm(), 1e-6);
            assertEquals(8, gradients.norms().get(b), 1e-6);
            assertEquals(10, gradients.clipNorm(5), 1e-6);
            assertArrayEquals(new float[] {3}, gradients.of(a).toFloats(), 1e-6f);
            assertArrayEquals(new float[] {4}, gradients.of(b).toFloats(), 1e-6f);
            gradients.clipValue(3.5);
            assertArrayEquals(new float[] {3.5f}, gradients.of(b).toFloats());
            assertThrows(IllegalArgumentException.class, () -> gradients.clipNorm(0));
        }
    }

    @Test
    void doublePrecisionWorksAllTheWay() {
        try (var _ = Scope.open();
                Parameter w = Parameter.of(Tensor.of(CPU, new double[] {0.5, 2}, 2))) {
            try (var tape = Tape.record()) {
                Tensor gradient = tape.gradients(w.log().sum(), List.of(w)).of(w);
                assertEquals(DType.F64, gradient.dtype());
                assertArrayEquals(new double[] {2, 0.5}, gradient.toDoubles(), 1e-15);
            }
        }
    }
}
