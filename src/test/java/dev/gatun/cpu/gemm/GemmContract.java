package dev.gatun.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.cpu.gemm.TestMatrix.Form;
import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What every {@link Gemm} must do; one subclass per kernel and element type. */
abstract class GemmContract {
    /** Every edge of a tile and of a panel, primes, and one size past the blocks along m and n. */
    private static final int[] ROWS = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 13, 14, 16, 17, 71};

    private static final int[] COLUMNS = {0, 1, 3, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 49, 63, 64, 65, 131};
    private static final int[] DEPTHS = {0, 1, 2, 5, 16, 37};

    private final DType dtype;
    private final Gemm gemm;
    private final Random random = new Random(7);

    GemmContract(DType dtype, Gemm gemm) {
        this.dtype = dtype;
        this.gemm = gemm;
    }

    @Test
    void productsOfAllSizesAreRight() {
        for (int m : ROWS) {
            for (int n : COLUMNS) {
                for (int k : DEPTHS) {
                    checkAgainstDoubles(m, k, n, Form.ROWS, Form.ROWS, Form.ROWS);
                }
            }
        }
    }

    @Test
    void productsPastEveryBlockAreRight() {
        checkAgainstDoubles(70, 1030, 140, Form.ROWS, Form.ROWS, Form.ROWS);
        checkAgainstDoubles(300, 260, 10, Form.COLUMNS, Form.COLUMNS, Form.ROWS);
        checkAgainstDoubles(9, 300, 1800, Form.ROWS, Form.COLUMNS, Form.PADDED_ROWS);
        checkAgainstDoubles(14, 1030, 600, Form.ROWS, Form.ROWS, Form.PADDED_ROWS);
        checkAgainstDoubles(1, 2049, 70, Form.ROWS, Form.COLUMNS, Form.ROWS);
        checkAgainstDoubles(19, 1050, 150, Form.COLUMNS, Form.ROWS, Form.ROWS);
        checkAgainstDoubles(5, 1030, 1100, Form.COLUMNS, Form.ROWS, Form.ROWS);
        checkAgainstDoubles(2, 20, 1100, Form.ROWS, Form.ROWS, Form.PADDED_ROWS);
    }

    @Test
    void operandsMayLieInAnyWay() {
        for (Form a : Form.values()) {
            for (Form b : Form.values()) {
                for (int m : new int[] {1, 4, 19}) {
                    checkAgainstDoubles(m, 21, 35, a, b, Form.PADDED_ROWS);
                    checkAgainstDoubles(m, 259, 66, a, b, Form.ROWS);
                }
            }
        }
    }

    private void checkAgainstDoubles(int m, int k, int n, Form aForm, Form bForm, Form cForm) {
        TestMatrix a = TestMatrix.random(dtype, m, k, aForm, random);
        TestMatrix b = TestMatrix.random(dtype, k, n, bForm, random);
        TestMatrix before = TestMatrix.random(dtype, m, n, cForm, random);
        for (boolean accumulate : new boolean[] {false, true}) {
            TestMatrix c = before.copy();
            gemm.multiply(a.matrix(), b.matrix(), accumulate, c.matrix());
            String what = m + "×" + k + "×" + n + " " + aForm + " " + bForm + (accumulate ? " accumulated" : "");
            assertProduct(a, b, accumulate ? before : null, c, what);
            c.assertGuardsUntouched();
            checkPacked(a, b, accumulate, before, c, what);
        }
    }

    private void checkPacked(
            TestMatrix a, TestMatrix b, boolean accumulate, TestMatrix before, TestMatrix expected, String what) {
        TestMatrix c = before.copy();
        gemm.multiply(a.matrix(), pack(b.matrix()), accumulate, c.matrix());
        c.assertSameBits(expected, what + " packed");
    }

    private PackedMatrix pack(Matrix b) {
        long bytes = gemm.packedBytes(b.rows(), b.columns());
        assertEquals(0, bytes % 64);
        MemorySegment target = Arena.ofAuto().allocate(bytes, 64).fill((byte) 0x7f);
        return gemm.pack(b, target);
    }

    private void assertProduct(TestMatrix a, TestMatrix b, TestMatrix before, TestMatrix c, String what) {
        double epsilon = dtype == DType.F32 ? 0x1p-24 : 0x1p-53;
        int depth = a.matrix().columns();
        for (int i = 0; i < c.matrix().rows(); i++) {
            for (int j = 0; j < c.matrix().columns(); j++) {
                double sum = before == null ? 0 : before.get(i, j);
                double size = Math.abs(sum);
                for (int p = 0; p < depth; p++) {
                    sum += a.get(i, p) * b.get(p, j);
                    size += Math.abs(a.get(i, p) * b.get(p, j));
                }
                assertEquals(sum, c.get(i, j), (depth + 2) * epsilon * size, what + " at " + i + ", " + j);
            }
        }
    }

    @Test
    void splittingRowsAndColumnsChangesNoBit() {
        for (int k : new int[] {1, 40, 1100}) {
            TestMatrix a = TestMatrix.random(dtype, 29, k, Form.ROWS, random);
            TestMatrix b = TestMatrix.random(dtype, k, 101, Form.ROWS, random);
            TestMatrix before = TestMatrix.random(dtype, 29, 101, Form.ROWS, random);
            TestMatrix whole = before.copy();
            gemm.multiply(a.matrix(), b.matrix(), true, whole.matrix());
            for (int height : new int[] {1, 2, 3, 5, 7, 8, 11, 14, 29}) {
                for (int width : new int[] {1, 5, 16, 32, 50, 101}) {
                    TestMatrix parts = before.copy();
                    multiplyParts(a.matrix(), b.matrix(), parts.matrix(), height, width);
                    parts.assertSameBits(whole, "parts of " + height + " × " + width + " with k = " + k);
                }
            }
        }
    }

    private void multiplyParts(Matrix a, Matrix b, Matrix c, int height, int width) {
        for (int j = 0; j < c.columns(); j += width) {
            int end = Math.min(j + width, c.columns());
            for (int i = 0; i < c.rows(); i += height) {
                int bottom = Math.min(i + height, c.rows());
                gemm.multiply(
                        a.rows(i, bottom),
                        b.columns(j, end),
                        true,
                        c.rows(i, bottom).columns(j, end));
            }
        }
    }

    @Test
    void layoutOfOperandsChangesNoBit() {
        for (int m : new int[] {1, 3, 8, 30}) {
            TestMatrix rows = TestMatrix.random(dtype, m, 270, Form.ROWS, random);
            TestMatrix right = TestMatrix.random(dtype, 270, 77, Form.ROWS, random);
            TestMatrix expected = TestMatrix.random(dtype, m, 77, Form.ROWS, random);
            gemm.multiply(rows.matrix(), right.matrix(), false, expected.matrix());
            for (Form form : new Form[] {Form.COLUMNS, Form.PADDED_ROWS, Form.PADDED_COLUMNS, Form.SPREAD}) {
                TestMatrix c = expected.copy();
                gemm.multiply(rows.laidOut(form).matrix(), right.matrix(), false, c.matrix());
                c.assertSameBits(expected, "a as " + form);
                gemm.multiply(rows.matrix(), right.laidOut(form).matrix(), false, c.matrix());
                c.assertSameBits(expected, "b as " + form);
            }
        }
    }

    @Test
    void specialValuesReachTheirRowsAndColumnsAndNoOthers() {
        double smallest = dtype == DType.F32 ? Float.MIN_VALUE : Double.MIN_VALUE;
        for (double special :
                new double[] {Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 3 * smallest, -0.0}) {
            for (int m : new int[] {1, 2, 11}) {
                TestMatrix a = constant(m, 5, 0);
                TestMatrix b = constant(5, 35, 1);
                TestMatrix c = constant(m, 35, 9);
                a.set(m - 1, 3, special);
                gemm.multiply(a.matrix(), b.matrix(), false, c.matrix());
                for (int j = 0; j < 35; j++) {
                    assertEquals(special + 0.0, c.get(m - 1, j), "a row of " + special);
                    assertTrue(m == 1 || c.get(0, j) == 0, "another row than that of " + special);
                }
                a = constant(m, 5, 1);
                b = constant(5, 35, 0);
                b.set(2, 34, special);
                gemm.multiply(a.matrix(), b.matrix(), false, c.matrix());
                for (int i = 0; i < m; i++) {
                    assertEquals(special + 0.0, c.get(i, 34), "a column of " + special);
                    assertEquals(0.0, c.get(i, 33), "another column than that of " + special);
                }
            }
        }
    }

    @Test
    void zeroTimesInfinityIsNaN() {
        TestMatrix a = constant(9, 3, 0);
        TestMatrix b = constant(3, 17, Double.POSITIVE_INFINITY);
        TestMatrix c = constant(9, 17, 1);
        gemm.multiply(a.matrix(), b.matrix(), true, c.matrix());
        assertEquals(Double.NaN, c.get(0, 0));
        assertEquals(Double.NaN, c.get(8, 16));
    }

    private TestMatrix constant(int rows, int columns, double value) {
        TestMatrix made = TestMatrix.random(dtype, rows, columns, Form.ROWS, random);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                made.set(i, j, value);
            }
        }
        return made;
    }

    @Test
    void sizesThatDoNotFitAreNamed() {
        Matrix a = constant(2, 3, 1).matrix();
        Matrix b = constant(4, 5, 1).matrix();
        Matrix c = constant(2, 5, 1).matrix();
        var wrong = assertThrows(IllegalArgumentException.class, () -> gemm.multiply(a, b, false, c));
        assertEquals("gemm: sizes do not fit: [2, 3] × [4, 5] → [2, 5]", wrong.getMessage());
        var packed = assertThrows(IllegalArgumentException.class, () -> gemm.multiply(a, pack(b), false, c));
        assertEquals(wrong.getMessage(), packed.getMessage());
    }

    @Test
    void columnsOfTheResultLieSideBySide() {
        Matrix a = constant(2, 3, 1).matrix();
        Matrix b = constant(3, 2, 1).matrix();
        Matrix c = constant(2, 2, 1).matrix().transposed();
        var wrong = assertThrows(IllegalArgumentException.class, () -> gemm.multiply(a, b, false, c));
        assertEquals("gemm: c needs columns side by side, was given a column stride of 2", wrong.getMessage());
    }
}
