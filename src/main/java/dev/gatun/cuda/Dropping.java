package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.backend.RandomStream;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * The argument {@code Dropping} of {@code philox.cuh}: what a kernel that drops elements out must know. The factor 1 / (1 − p) is given as a
 * sum of two numbers, so that a product with it is rounded once.
 */
final class Dropping {
    /** A word's upper bits, which are compared with p. */
    private static final double WORDS = 0x1p24;

    private Dropping() {}

    /** Adds the argument to a call; without a stream nothing is dropped. */
    static void write(KernelCall call, DType dtype, @Nullable RandomStream stream, double p) {
        int byteSize = dtype.byteSize();
        MemorySegment struct = call.struct(2L * Long.BYTES + 2L * byteSize + 2L * Integer.BYTES);
        double kept = 1 - p;
        struct.set(JAVA_LONG, 0, stream == null ? 0 : stream.seed());
        struct.set(JAVA_LONG, Long.BYTES, stream == null ? 0 : stream.offset());
        long at = 2L * Long.BYTES;
        if (dtype == DType.F64) {
            double high = 1 / kept;
            struct.set(JAVA_DOUBLE, at, high);
            struct.set(JAVA_DOUBLE, at + byteSize, Math.fma(-high, kept, 1) / kept);
        } else {
            float high = (float) (1 / kept);
            struct.set(JAVA_FLOAT, at, high);
            struct.set(JAVA_FLOAT, at + byteSize, (float) (Math.fma(-high, kept, 1) / kept));
        }
        struct.set(JAVA_INT, at + 2L * byteSize, (int) Math.ceil(p * WORDS));
        struct.set(JAVA_INT, at + 2L * byteSize + Integer.BYTES, stream == null ? 0 : 1);
    }
}
