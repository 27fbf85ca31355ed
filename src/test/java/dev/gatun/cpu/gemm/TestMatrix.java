package dev.gatun.cpu.gemm;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.Random;

/** A matrix in a segment that ends with its last element, and the elements around it, which nobody may change. */
record TestMatrix(DType dtype, Matrix matrix) {
    /** How rows and columns lie in memory. */
    enum Form {
        ROWS,
        COLUMNS,
        PADDED_ROWS,
        PADDED_COLUMNS,
        SPREAD,
        REPEATED_ROW,
        REPEATED_COLUMN
    }

    private static final double GUARD = 12345.678;

    /** Normally distributed values. */
    static TestMatrix random(DType dtype, int rows, int columns, Form form, Random random) {
        TestMatrix made = guarded(dtype, rows, columns, form);
        for (int i = 0; i < rows; i++) {
            for (int j = 0; j < columns; j++) {
                made.set(i, j, random.nextGaussian());
            }
        }
        return made;
    }

    private static TestMatrix guarded(DType dtype, int rows, int columns, Form form) {
        long rowStride = switch (form) {
            case ROWS -> columns;
            case COLUMNS, REPEATED_COLUMN -> 1;
            case PADDED_ROWS -> columns + 3L;
            case PADDED_COLUMNS -> 1;
            case SPREAD -> 2L * columns + 1;
            case REPEATED_ROW -> 0;
        };
        long columnStride = switch (form) {
            case ROWS, PADDED_ROWS, REPEATED_ROW -> 1;
            case COLUMNS -> rows;
            case PADDED_COLUMNS -> rows + 5L;
            case SPREAD -> 2;
            case REPEATED_COLUMN -> 0;
        };
        long offset = form == Form.ROWS || form == Form.COLUMNS ? 0 : 3;
        long last = offset + Math.max(rows - 1, 0) * rowStride + Math.max(columns - 1, 0) * columnStride;
        long elements = rows == 0 || columns == 0 ? offset : last + 1;
        MemorySegment segment = Arena.ofAuto().allocate(elements * dtype.byteSize(), 64);
        for (long i = 0; i < elements; i++) {
            put(dtype, segment, i, GUARD);
        }
        return new TestMatrix(dtype, new Matrix(segment, offset, rows, columns, rowStride, columnStride));
    }

    /** The same values, lying otherwise. */
    TestMatrix laidOut(Form form) {
        TestMatrix made = guarded(dtype, matrix.rows(), matrix.columns(), form);
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                made.set(i, j, get(i, j));
            }
        }
        return made;
    }

    double get(int row, int column) {
        return take(dtype, matrix.segment(), index(row, column));
    }

    void set(int row, int column, double value) {
        put(dtype, matrix.segment(), index(row, column), value);
    }

    private long index(int row, int column) {
        return matrix.offset() + row * matrix.rowStride() + column * matrix.columnStride();
    }

    /** The same matrix in memory of its own. */
    TestMatrix copy() {
        MemorySegment segment =
                Arena.ofAuto().allocate(matrix.segment().byteSize(), 64).copyFrom(matrix.segment());
        return new TestMatrix(
                dtype,
                new Matrix(
                        segment,
                        matrix.offset(),
                        matrix.rows(),
                        matrix.columns(),
                        matrix.rowStride(),
                        matrix.columnStride()));
    }

    void assertGuardsUntouched() {
        BitSet own = new BitSet();
        for (int i = 0; i < matrix.rows(); i++) {
            for (int j = 0; j < matrix.columns(); j++) {
                own.set((int) index(i, j));
            }
        }
        double guard = rounded(dtype, GUARD);
        for (int i = own.nextClearBit(0);
                i < matrix.segment().byteSize() / dtype.byteSize();
                i = own.nextClearBit(i + 1)) {
            assertEquals(guard, take(dtype, matrix.segment(), i), "guard at " + i);
        }
    }

    void assertSameBits(TestMatrix other, String what) {
        assertEquals(-1, matrix.segment().mismatch(other.matrix.segment()), what);
    }

    private static double take(DType dtype, MemorySegment segment, long index) {
        return switch (dtype) {
            case F32 -> segment.getAtIndex(ValueLayout.JAVA_FLOAT, index);
            case BF16 -> Float.intBitsToFloat(segment.getAtIndex(ValueLayout.JAVA_SHORT, index) << 16);
            case F16 -> Float.float16ToFloat(segment.getAtIndex(ValueLayout.JAVA_SHORT, index));
            default -> segment.getAtIndex(ValueLayout.JAVA_DOUBLE, index);
        };
    }

    /** The nearest number of a type; for BF16 the next one towards zero. */
    private static double rounded(DType dtype, double value) {
        MemorySegment one = MemorySegment.ofArray(new long[1]);
        put(dtype, one, 0, value);
        return take(dtype, one, 0);
    }

    private static void put(DType dtype, MemorySegment segment, long index, double value) {
        switch (dtype) {
            case F32 -> segment.setAtIndex(ValueLayout.JAVA_FLOAT, index, (float) value);
            case BF16 -> {
                int bits = Float.floatToRawIntBits((float) value);
                segment.setAtIndex(ValueLayout.JAVA_SHORT, index, (short) (bits >>> 16));
            }
            case F16 -> segment.setAtIndex(ValueLayout.JAVA_SHORT, index, Float.floatToFloat16((float) value));
            default -> segment.setAtIndex(ValueLayout.JAVA_DOUBLE, index, value);
        }
    }
}
