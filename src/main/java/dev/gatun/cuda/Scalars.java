package dev.gatun.cuda;

import dev.gatun.layout.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** The factors 0 and 1 where NVIDIA's libraries read them: on the host, as F64 for F64 and as F32 for all else. */
final class Scalars {
    private static final MemorySegment FLOATS = Arena.global().allocateFrom(ValueLayout.JAVA_FLOAT, 0, 1);
    private static final MemorySegment DOUBLES = Arena.global().allocateFrom(ValueLayout.JAVA_DOUBLE, 0, 1);

    private Scalars() {}

    static MemorySegment zero(DType dtype) {
        return dtype == DType.F64 ? DOUBLES : FLOATS;
    }

    static MemorySegment one(DType dtype) {
        return dtype == DType.F64 ? DOUBLES.asSlice(Double.BYTES) : FLOATS.asSlice(Float.BYTES);
    }
}
