package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.UnaryFunction;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import dev.gatun.nn.Linear;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** BF16 and F16 tensors as factors of products: what surrounds a product, gradients through it, and what is refused. */
@ExtendWith(MemoryLeakExtension.class)
class HalfTypesTest {
    private static final Device CPU = Device.cpu();

    /** F32 parameters, converted on the tape: the gradients are F32, and those of the converted numbers. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void linearOnConvertedParametersTrainsThem(DType dtype) {
        try (Linear layer = new Linear(5, 3, CPU);
                var tape = Tape.record()) {
            Parameter weight = layer.namedParameters().get("weight");
            Parameter bias = layer.namedParameters().get("bias");
            float[] eighths = new float[40];
            for (int i = 0; i < eighths.length; i++) {
                eighths[i] = (i * 7 % 40 - 20) / 8f;
            }
            Tensor x = Tensor.of(CPU, eighths, 2, 4, 5);
            Tensor y = Functional.linear(x.to(dtype), weight.to(dtype), bias.to(dtype));
            assertEquals(dtype, y.dtype());
            assertEquals(Shape.of(2, 4, 3), y.shape());
            Gradients gradients = tape.gradients(y.to(DType.F32).sum(), layer.parameters());
            assertEquals(DType.F32, gradients.of(bias).dtype());
            assertArrayEquals(new float[] {8, 8, 8}, gradients.of(bias).toFloats());
            assertEquals(DType.F32, gradients.of(weight).dtype());
            float[] row = Arrays.copyOf(gradients.of(weight).toFloats(), 5);
            assertArrayEquals(x.sum(0, 1).toFloats(), row);
        }
    }

    /** As in F32, but for the rounding of what was given to the type, of the result and of the gradients. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void activationsAndResidualsOfLinear(DType dtype) {
        for (UnaryFunction function : List.of(UnaryFunction.RELU, UnaryFunction.TANH, UnaryFunction.GELU)) {
            float[] expected = gradientThroughLinear(DType.F32, function);
            float[] gradient = gradientThroughLinear(dtype, function);
            assertArrayEquals(expected, gradient, 0.02f, function.toString());
        }
        try (var tape = Tape.record()) {
            Tensor residual = tape.watch(half(dtype, new float[] {1, 2}, 2, 1));
            Tensor x = half(dtype, new float[] {1, 2, 3, 4}, 2, 2);
            Tensor y = Functional.addLinear(residual, x, half(dtype, new float[] {3, 5}, 1, 2), null);
            assertEquals(dtype, y.dtype());
            assertArrayEquals(new float[] {14, 31}, y.toFloats());
            Gradients gradients = tape.gradients(y.to(DType.F32).sum(), List.of(residual));
            assertArrayEquals(new float[] {1, 1}, gradients.of(residual).toFloats());
        }
    }

    private static float[] gradientThroughLinear(DType dtype, UnaryFunction function) {
        try (var tape = Tape.record()) {
            Tensor x = tape.watch(half(dtype, new float[] {1, 2, -1, 0.5f}, 2, 2));
            Tensor weight = half(dtype, new float[] {0.5f, -0.25f, 0.75f, 1, -1, 0.5f}, 3, 2);
            Tensor y = Functional.linear(x, weight, half(dtype, new float[] {0.25f, 0.5f, -0.75f}, 3), function);
            assertEquals(dtype, y.dtype());
            return tape.gradients(y.to(DType.F32).sum(), List.of(x)).of(x).toFloats();
        }
    }

    /** Two uses of one tensor: their gradients are added in F32 and rounded. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void gradientsOfSeveralUsesAreAdded(DType dtype) {
        try (var tape = Tape.record()) {
            Tensor x = tape.watch(half(dtype, new float[] {1, 2, 3, 4}, 2, 2));
            Tensor a = half(dtype, new float[] {1, 0, 0.5f, 2}, 2, 2);
            Tensor loss = x.matmul(a)
                    .to(DType.F32)
                    .sum()
                    .add(a.matmul(x).to(DType.F32).sum());
            Tensor gradient = tape.gradients(loss, List.of(x)).of(x);
            assertEquals(dtype, gradient.dtype());
            assertArrayEquals(new float[] {2.5f, 4, 3, 4.5f}, gradient.toFloats());
        }
    }

    /** The operand that repeats gets the sum over its repetitions, which no partial sum of its type could hold. */
    @Test
    void gradientsOfRepeatedOperandsAreSummedInF32() {
        try (var tape = Tape.record()) {
            Tensor a = Tensor.full(CPU, DType.F16, Shape.of(5000, 1, 1), 1);
            Tensor b = tape.watch(half(DType.F16, new float[] {1}, 1, 1));
            Tensor loss = a.matmul(b).to(DType.F32).sum();
            assertArrayEquals(
                    new float[] {5000}, tape.gradients(loss, List.of(b)).of(b).toFloats());
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void operandsAreFormedOfPartsAndInAnyOrder(DType dtype) {
        try (var tape = Tape.record()) {
            Tensor x = tape.watch(half(dtype, new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
            Tensor left = x.slice(1, 0, 2).transpose(0, 1).reshape(1, 2, 2);
            Tensor right = TensorShaping.concat(0, List.of(x, x.detach())).slice(0, 1, 3);
            Tensor y = left.matmul(right.unsqueeze(0)).squeeze(0);
            assertArrayEquals(new float[] {8, 13, 18, 13, 20, 27}, y.toFloats());
            Tensor gradient = tape.gradients(y.to(DType.F32).sum(), List.of(x)).of(x);
            assertArrayEquals(new float[] {15, 15, 0, 9, 9, 3}, gradient.toFloats());
        }
    }

    @Test
    void otherOperationsSayWhatToDo() {
        try (var _ = Scope.open()) {
            Tensor x = half(DType.BF16, new float[] {1, 2}, 1, 2);
            assertRefused(
                    "add: expected F32 or F64, was given BF16 [1, 2]; convert it with to(DType.F32)", () -> x.add(x));
            assertRefused(
                    "softmax: expected F32 or F64, was given BF16 [1, 2]; convert it with to(DType.F32)",
                    () -> Functional.softmax(x));
            assertRefused(
                    "matmul: types differ: BF16 [1, 2] and F16 [2, 1]; convert one with to(DType)",
                    () -> x.matmul(x.transpose(0, 1).to(DType.F16)));
            assertRefused(
                    "matmul: expected F32, F64, BF16 or F16, was given I32 [1, 2]; convert it with to(DType)",
                    () -> x.to(DType.I32).matmul(x));
        }
    }

    @Test
    void normsOfGradientsAreOfF32() {
        try (var tape = Tape.record()) {
            Tensor x = tape.watch(half(DType.BF16, new float[] {2}, 1, 1));
            Gradients gradients = tape.gradients(x.matmul(x).to(DType.F32).sum(), List.of(x));
            assertArrayEquals(new float[] {4}, gradients.of(x).toFloats());
            var refusal = assertThrows(IllegalArgumentException.class, () -> gradients.clipNorm(1));
            assertEquals(
                    "gradients: norm expects F32 or F64, found BF16 [1, 1]; keep F32 parameters and convert them with"
                            + " to(DType) on the tape",
                    refusal.getMessage());
        }
    }

    private static Tensor half(DType dtype, float[] values, int... sizes) {
        return Tensor.of(CPU, values, sizes).to(dtype);
    }

    private static void assertRefused(String message, Runnable operation) {
        assertEquals(message, assertThrows(ShapeException.class, operation::run).getMessage());
    }
}
