package dev.gatun;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Comparison;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.function.Executable;

@ExtendWith(MemoryLeakExtension.class)
class TensorTest {
    private static final Device CPU = Device.cpu();

    private Scope scope;

    @BeforeEach
    void open() {
        scope = Scope.open();
    }

    @AfterEach
    void close() {
        scope.close();
    }

    private static Tensor matrix() {
        return Tensor.of(CPU, new float[] {1, 2, 3, 4, 5, 6}, 2, 3);
    }

    @Test
    void elementsComeBackAsTheyWereGiven() {
        assertArrayEquals(new float[] {1, 2, 3, 4, 5, 6}, matrix().toFloats());
        assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6}, matrix().toDoubles());
        assertArrayEquals(
                new long[] {7, -8}, Tensor.of(CPU, new long[] {7, -8}, 2).toLongs());
        assertArrayEquals(
                new int[] {7, -8}, Tensor.of(CPU, new int[] {7, -8}, 2).toInts());
        assertArrayEquals(
                new boolean[] {true, false},
                Tensor.of(CPU, new boolean[] {true, false}, 2).toBooleans());
        assertArrayEquals(new long[] {3, 4, 5}, Tensor.range(CPU, 3, 6).toLongs());
        assertEquals(Shape.SCALAR, Tensor.of(CPU, new float[] {5}).shape());
    }

    @Test
    void segmentsMustHaveTheSizeOfTheShape() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment six = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 2, 3, 4, 5, 6);
            assertArrayEquals(
                    matrix().toFloats(),
                    Tensor.copyOf(CPU, six, DType.F32, Shape.of(2, 3)).toFloats());
            assertMessage(
                    "F32 [2, 2] takes 16 bytes, was given 24",
                    () -> Tensor.copyOf(CPU, six, DType.F32, Shape.of(2, 2)));
            assertMessage("takes 24 bytes, the target has 20", () -> matrix().copyTo(six.asSlice(0, 20)));
        }
    }

    @Test
    void shapesAreViewsWherePossible() {
        Tensor x = matrix();
        assertArrayEquals(new float[] {1, 4, 2, 5, 3, 6}, x.transpose(0, 1).toFloats());
        assertSame(x.view().storage(), x.transpose(0, 1).view().storage());
        assertSame(x.view().storage(), x.reshape(3, -1).view().storage());
        assertNotSame(x.view().storage(), x.transpose(0, 1).reshape(6).view().storage());
        assertArrayEquals(
                new float[] {1, 4, 2, 5, 3, 6}, x.transpose(0, 1).reshape(6).toFloats());
        assertArrayEquals(new float[] {2, 3, 5, 6}, x.slice(1, 1, 3).toFloats());
        assertArrayEquals(new float[] {3, 6}, x.select(1, -1).toFloats());
        assertEquals(Shape.of(2, 1, 3), x.unsqueeze(1).shape());
        assertEquals(Shape.of(2, 3, 1), x.unsqueeze(-1).shape());
        assertEquals(x.shape(), x.unsqueeze(0).squeeze(0).shape());
        assertArrayEquals(
                new float[] {3, 3, 6, 6}, x.slice(1, 2, 3).broadcastTo(2, 2).toFloats());
        assertTrue(x.transpose(0, 1).contiguous().view().isContiguous());
    }

    @Test
    void tensorsAreJoined() {
        Tensor x = matrix();
        Tensor joined = TensorShaping.concat(1, List.of(x, x.slice(1, 0, 1)));
        assertArrayEquals(new float[] {1, 2, 3, 1, 4, 5, 6, 4}, joined.toFloats());
        assertEquals(Shape.of(2, 2, 3), TensorShaping.stack(0, List.of(x, x)).shape());
        assertEquals(Shape.of(2, 3, 2), TensorShaping.stack(-1, List.of(x, x)).shape());
        assertMessage(
                "concat: shapes must agree but for axis 0: [2, 3] and [3, 2]",
                () -> TensorShaping.concat(0, List.of(x, x.transpose(0, 1))));
    }

    @Test
    void rowsAreGathered() {
        Tensor rows = matrix().gather(Tensor.of(CPU, new int[] {1, 0, 1}, 3));
        assertArrayEquals(new float[] {4, 5, 6, 1, 2, 3, 4, 5, 6}, rows.toFloats());
        Tensor beyond = Tensor.of(CPU, new int[] {2}, 1);
        assertThrows(IndexOutOfBoundsException.class, () -> matrix().gather(beyond));
    }

    @Test
    void arithmeticBroadcasts() {
        Tensor row = Tensor.of(CPU, new float[] {10, 20, 30}, 3);
        assertArrayEquals(
                new float[] {11, 22, 33, 14, 25, 36}, matrix().add(row).toFloats());
        assertArrayEquals(
                new float[] {1 / 3f, 2 / 3f, 1},
                Tensor.of(CPU, new float[] {1, 2, 3}, 3).divide(3).toFloats());
        assertArrayEquals(
                new float[] {14, 32},
                matrix().multiply(Tensor.of(CPU, new float[] {1, 2, 3}, 3))
                        .sum(-1)
                        .toFloats());
        assertArrayEquals(
                new float[] {14, 32},
                matrix().matmul(Tensor.of(CPU, new float[] {1, 2, 3}, 3, 1)).toFloats());
        assertArrayEquals(new long[] {2, 2}, matrix().argMax().toLongs());
        assertArrayEquals(
                new boolean[] {false, true},
                row.slice(0, 0, 2).compare(Comparison.GREATER, 15).toBooleans());
        assertEquals(3.5, matrix().mean().item());
    }

    @Test
    void typesConvert() {
        Tensor half = matrix().to(DType.BF16);
        assertEquals(DType.BF16, half.dtype());
        assertArrayEquals(matrix().toFloats(), half.toFloats());
        assertArrayEquals(new long[] {1, 2, 3, 4, 5, 6}, matrix().to(DType.I64).toLongs());
        assertMessage("add: expected F32 or F64, was given BF16 [2, 3]", () -> half.add(half));
        assertMessage("types differ: F32 [2, 3] and F64 [2, 3]", () -> matrix().add(matrix().to(DType.F64)));
        assertMessage(
                "toFloats: cannot represent F64", () -> matrix().to(DType.F64).toFloats());
    }

    @Test
    void errorsNameTheOperationAndBothSides() {
        Tensor x = matrix();
        assertMessage("matmul: inner dimensions differ: [2, 3] × [2, 3]", () -> x.matmul(x));
        assertMessage("add: shapes cannot be broadcast together: [2, 3] and [2]", () -> x.add(Tensor.ones(CPU, 2)));
        assertMessage("reshape: no size for −1 turns [2, 3] into [4, -1]", () -> x.reshape(4, -1));
        assertMessage("reshape: [2, 3] has 6 elements, [5] has 5", () -> x.reshape(5));
        assertMessage("slice: range 1 to 4 does not fit axis 1 of [2, 3]", () -> x.slice(1, 1, 4));
        assertMessage("select: index 2 does not fit axis 0 of [2, 3]", () -> x.select(0, 2));
        assertMessage("sum: axis 2 does not exist in [2, 3]", () -> x.sum(2));
        assertMessage("squeeze: axis 0 of [2, 3] is not of size 1", () -> x.squeeze(0));
        assertMessage("squeeze: axis 2 does not exist in [2, 3]", () -> x.squeeze(2));
        assertMessage("unsqueeze: axis 3 cannot be inserted into [2, 3]", () -> x.unsqueeze(3));
        assertMessage("range: from 5 to 4", () -> Tensor.range(CPU, 5, 4));
        assertMessage("range: from 0 to 5000000000", () -> Tensor.range(CPU, 0, 5_000_000_000L));
        assertMessage("range: from -9", () -> Tensor.range(CPU, Long.MIN_VALUE, Long.MAX_VALUE));
        assertMessage("item: expected a single element, was given [2, 3]", x::item);
        assertMessage(
                "segment: [3, 2] is not contiguous", () -> x.transpose(0, 1).segment());
        assertMessage("tensor: F32 [2, 2] takes 16 bytes, was given 12", () -> Tensor.of(CPU, new float[3], 2, 2));
        assertMessage(
                "max: needs at least one element, was given [0]",
                () -> Tensor.zeros(CPU, 0).max());
    }

    @Test
    void devicesDoNotMix() {
        Device other = Device.of(CPU.backend());
        assertMessage("operands lie on different devices", () -> matrix().add(Tensor.ones(other, 2, 3)));
        assertArrayEquals(matrix().toFloats(), matrix().to(other).toFloats());
        assertSame(other, matrix().to(other).device());
    }

    @Test
    void randomNumbersRepeatWithTheirSeed() {
        Shape shape = Shape.of(1000);
        float[] first =
                Tensor.normal(CPU, Generator.seeded(3), DType.F32, shape, 1, 2).toFloats();
        assertArrayEquals(
                first,
                Tensor.normal(CPU, Generator.seeded(3), DType.F32, shape, 1, 2).toFloats());
        double mean = 0;
        for (float value : first) {
            mean += value / first.length;
        }
        assertEquals(1, mean, 0.25);
        Generator generator = Generator.seeded(3);
        assertNotEquals(generator.draw(5), generator.draw(5));
        assertEquals(4, generator.position().offset());
        generator.restore(generator.position());
        generator.seed(3);
        assertEquals(0, generator.position().offset());
        Tensor uniform = Tensor.uniform(CPU, generator, DType.F64, shape, -1, 1);
        assertTrue(uniform.max().item() < 1 && uniform.min().item() >= -1);
    }

    @Test
    void emptyTensorsWork() {
        Tensor empty = Tensor.zeros(CPU, 0, 3);
        assertEquals(0, empty.add(1).toFloats().length);
        assertEquals(0, empty.sum().item());
        assertArrayEquals(new float[] {0, 0, 0}, empty.sum(0).toFloats());
        assertArrayEquals(
                new float[4],
                Tensor.zeros(CPU, 2, 0).matmul(Tensor.zeros(CPU, 0, 2)).toFloats());
    }

    @Test
    void printsAsNumPyDoes() {
        assertEquals("F32 [2, 3]\n[[1.0000 2.0000 3.0000]\n [4.0000 5.0000 6.0000]]", matrix().toString());
        assertEquals(
                "I64 [3] [ 7 -8  0]", Tensor.of(CPU, new long[] {7, -8, 0}, 3).toString());
        assertEquals(
                "BOOL [2] [ true false]",
                Tensor.of(CPU, new boolean[] {true, false}, 2).toString());
        assertEquals("F32 [] 2.5000", Tensor.of(CPU, new float[] {2.5f}).toString());
        assertEquals(
                "F32 [2] [   nan 1.0000]",
                Tensor.of(CPU, new float[] {Float.NaN, 1}, 2).toString());
        assertEquals(
                "F32 [2] [1.0000e-07 1.0000e+00]",
                Tensor.of(CPU, new float[] {1e-7f, 1}, 2).toString());
        assertEquals(
                "I64 [2000] [   0    1    2 ... 1997 1998 1999]",
                Tensor.range(CPU, 0, 2000).toString());
        assertEquals("F32 [0] []", Tensor.zeros(CPU, 0).toString());
        long large = (1L << 53) + 1;
        assertEquals(
                "I64 [1] [" + large + "]", Tensor.of(CPU, new long[] {large}, 1).toString());
        assertEquals(
                """
                F32 [2, 1000]
                [[   0.0000    1.0000    2.0000 ...  997.0000  998.0000  999.0000]
                 [1000.0000 1001.0000 1002.0000 ... 1997.0000 1998.0000 1999.0000]]\
                """, Tensor.range(CPU, 0, 2000).to(DType.F32).reshape(2, 1000).toString());
        String tall = Tensor.zeros(CPU, 1001, 1).toString();
        assertTrue(tall.startsWith("F32 [1001, 1]\n[[0.0000]\n [0.0000]\n [0.0000]\n ...\n [0.0000]\n"), tall);
    }

    /** Only what is shown is read: an array of all these elements could not exist. */
    @Test
    void printsTheEndsOfWhatNoArrayHolds() {
        Tensor huge = Tensor.of(CPU, new float[] {7}, 1).broadcastTo(60_000, 60_000);
        assertTrue(huge.toString().startsWith("F32 [60000, 60000]\n[[7.0000 7.0000 7.0000 ... 7.0000"));
    }

    @Test
    void printingLeavesNoTraceOnATape() {
        try (Parameter w = Parameter.of(matrix())) {
            long before = CPU.memory().inUse();
            try (var _ = Tape.record()) {
                assertTrue(w.toString().endsWith("6.0000]]"));
                assertEquals(before, CPU.memory().inUse());
            }
        }
    }

    private static void assertMessage(String expected, Executable call) {
        RuntimeException thrown = assertThrows(RuntimeException.class, call);
        assertTrue(thrown.getMessage().contains(expected), thrown.getMessage());
    }
}
