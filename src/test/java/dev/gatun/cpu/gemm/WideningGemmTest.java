package dev.gatun.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.cpu.gemm.TestMatrix.Form;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class WideningGemmTest {
    private static final Gemm SINGLE = new VectorGemm(FloatVector.SPECIES_PREFERRED);

    /** Rows, inner sizes and columns up to, at and past every block. */
    private static final int[][] SIZES = {
        {0, 3, 4},
        {3, 0, 4},
        {3, 4, 0},
        {1, 1, 1},
        {7, 1024, 128},
        {5, 1025, 129},
        {257, 3, 9},
        {520, 1100, 2},
        {2, 5, 300}
    };

    private final Random random = new Random(5);

    /** Widening is exact and blocks are as long, so that not a bit differs. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void productsAreThoseOfWidenedOperands(DType dtype) {
        for (int[] size : SIZES) {
            for (Form form : new Form[] {Form.ROWS, Form.COLUMNS, Form.PADDED_ROWS, Form.SPREAD}) {
                check(dtype, size, form, Form.ROWS);
                check(dtype, size, Form.ROWS, form);
            }
        }
    }

    private void check(DType dtype, int[] size, Form left, Form right) {
        TestMatrix a = TestMatrix.random(dtype, size[0], size[1], left, random);
        TestMatrix b = TestMatrix.random(dtype, size[1], size[2], right, random);
        TestMatrix before = TestMatrix.random(DType.F32, size[0], size[2], Form.PADDED_ROWS, random);
        Gemm gemm = new WideningGemm(dtype, SINGLE);
        long bytes = gemm.packedBytes(size[1], size[2]);
        assertEquals(0, bytes % 64);
        PackedMatrix packed = gemm.pack(b.matrix(), Arena.ofAuto().allocate(bytes, 64));
        String what = dtype + " " + size[0] + "×" + size[1] + "×" + size[2] + " " + left + " " + right;
        for (boolean accumulate : new boolean[] {false, true}) {
            TestMatrix expected = before.copy();
            SINGLE.multiply(widened(a).matrix(), widened(b).matrix(), accumulate, expected.matrix());
            TestMatrix c = before.copy();
            gemm.multiply(a.matrix(), b.matrix(), accumulate, c.matrix());
            c.assertSameBits(expected, what);
            c = before.copy();
            gemm.multiply(a.matrix(), packed, accumulate, c.matrix());
            c.assertSameBits(expected, what + " packed");
        }
    }

    private TestMatrix widened(TestMatrix half) {
        Matrix given = half.matrix();
        TestMatrix wide = TestMatrix.random(DType.F32, given.rows(), given.columns(), Form.ROWS, random);
        for (int i = 0; i < given.rows(); i++) {
            for (int j = 0; j < given.columns(); j++) {
                wide.set(i, j, half.get(i, j));
            }
        }
        return wide;
    }

    @Test
    void widensNoOtherType() {
        var wrong = assertThrows(IllegalArgumentException.class, () -> new WideningGemm(DType.F64, SINGLE));
        assertEquals("gemm: expected BF16 or F16, was given F64", wrong.getMessage());
    }
}
