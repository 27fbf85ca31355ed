package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/**
 * Numbers out of and into the element types. Floating-point values travel as doubles, the others as longs, so that no conversion
 * loses more than its target does. The half types are rounded from F32, to nearest even.
 */
final class Conversion {
    private Conversion() {}

    /** The upper half of a binary32, rounded to nearest even; a NaN stays one. */
    static short toBFloat16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) {
            return (short) (bits >>> 16 | 0x40);
        }
        return (short) (bits + 0x7FFF + (bits >>> 16 & 1) >>> 16);
    }

    static float fromBFloat16(short bits) {
        return Float.intBitsToFloat(bits << 16);
    }

    /** A run of BF16 or F16 as F32; such loops are compiled to vectors. */
    static void widen(MemorySegment source, DType dtype, long from, long step, MemorySegment target, long to, int n) {
        if (dtype == DType.BF16) {
            for (int i = 0; i < n; i++) {
                target.setAtIndex(JAVA_INT, to + i, source.getAtIndex(JAVA_SHORT, from + i * step) << 16);
            }
        } else {
            for (int i = 0; i < n; i++) {
                float value = Float.float16ToFloat(source.getAtIndex(JAVA_SHORT, from + i * step));
                target.setAtIndex(JAVA_FLOAT, to + i, value);
            }
        }
    }

    /** A run of F32 as BF16 or F16, rounded. */
    static void narrow(MemorySegment source, long from, long step, MemorySegment target, DType dtype, long to, int n) {
        if (dtype == DType.BF16) {
            for (int i = 0; i < n; i++) {
                target.setAtIndex(JAVA_SHORT, to + i, toBFloat16(source.getAtIndex(JAVA_FLOAT, from + i * step)));
            }
        } else {
            for (int i = 0; i < n; i++) {
                short bits = Float.floatToFloat16(source.getAtIndex(JAVA_FLOAT, from + i * step));
                target.setAtIndex(JAVA_SHORT, to + i, bits);
            }
        }
    }

    /** Reads a run of a floating-point type. */
    static void read(MemorySegment source, DType dtype, long offset, long stride, double[] values, int n) {
        switch (dtype) {
            case F32 -> {
                for (int i = 0; i < n; i++) {
                    values[i] = source.getAtIndex(JAVA_FLOAT, offset + i * stride);
                }
            }
            case F64 -> {
                for (int i = 0; i < n; i++) {
                    values[i] = source.getAtIndex(JAVA_DOUBLE, offset + i * stride);
                }
            }
            case BF16 -> {
                for (int i = 0; i < n; i++) {
                    values[i] = fromBFloat16(source.getAtIndex(JAVA_SHORT, offset + i * stride));
                }
            }
            case F16 -> {
                for (int i = 0; i < n; i++) {
                    values[i] = Float.float16ToFloat(source.getAtIndex(JAVA_SHORT, offset + i * stride));
                }
            }
            case I32, I64, BOOL ->
                throw new IllegalArgumentException("convert: " + dtype + " is not a floating-point type");
        }
    }

    /** Reads a run of I32, I64 or BOOL (as 0 or 1). */
    static void read(MemorySegment source, DType dtype, long offset, long stride, long[] values, int n) {
        switch (dtype) {
            case I32 -> {
                for (int i = 0; i < n; i++) {
                    values[i] = source.getAtIndex(JAVA_INT, offset + i * stride);
                }
            }
            case I64 -> {
                for (int i = 0; i < n; i++) {
                    values[i] = source.getAtIndex(JAVA_LONG, offset + i * stride);
                }
            }
            case BOOL -> {
                for (int i = 0; i < n; i++) {
                    values[i] = source.get(JAVA_BYTE, offset + i * stride) == 0 ? 0 : 1;
                }
            }
            case F32, F64, BF16, F16 ->
                throw new IllegalArgumentException("convert: " + dtype + " is a floating-point type");
        }
    }

    /** Writes a run of any type; integers are cut towards zero and saturate, NaN becomes 0 but as a BOOL is true. */
    static void write(double[] values, MemorySegment target, DType dtype, long offset, long stride, int n) {
        for (int i = 0; i < n; i++) {
            write(values[i], target, dtype, offset + i * stride);
        }
    }

    /** Writes a run of any type; I32 keeps the lower 32 bits. */
    static void write(long[] values, MemorySegment target, DType dtype, long offset, long stride, int n) {
        for (int i = 0; i < n; i++) {
            write(values[i], target, dtype, offset + i * stride);
        }
    }

    /** Writes one number. */
    static void write(double value, MemorySegment target, DType dtype, long index) {
        switch (dtype) {
            case F32 -> target.setAtIndex(JAVA_FLOAT, index, (float) value);
            case F64 -> target.setAtIndex(JAVA_DOUBLE, index, value);
            case BF16 -> target.setAtIndex(JAVA_SHORT, index, toBFloat16((float) value));
            case F16 -> target.setAtIndex(JAVA_SHORT, index, Float.floatToFloat16((float) value));
            case I32 -> target.setAtIndex(JAVA_INT, index, (int) value);
            case I64 -> target.setAtIndex(JAVA_LONG, index, (long) value);
            case BOOL -> target.set(JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
        }
    }

    private static void write(long value, MemorySegment target, DType dtype, long index) {
        switch (dtype) {
            case I32 -> target.setAtIndex(JAVA_INT, index, (int) value);
            case I64 -> target.setAtIndex(JAVA_LONG, index, value);
            case BOOL -> target.set(JAVA_BYTE, index, (byte) (value != 0 ? 1 : 0));
            case F64 -> target.setAtIndex(JAVA_DOUBLE, index, (double) value);
            case F32, BF16, F16 -> write((float) value, target, dtype, index);
        }
    }
}
