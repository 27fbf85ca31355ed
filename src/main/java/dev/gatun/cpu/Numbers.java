package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/** The elements of a contiguous F32 or F64 view, counted from 0; what is set is rounded once. */
final class Numbers {
    private final MemorySegment segment;
    private final long start;
    private final boolean isSingle;

    Numbers(String operation, View view) {
        Elementwise.contiguous(operation, view);
        if (!view.dtype().isComputable()) {
            throw new ShapeException(operation, "expected F32 or F64, was given " + view.dtype() + " " + view.shape());
        }
        this.segment = CpuStorage.segment(view);
        this.start = view.layout().offset();
        this.isSingle = view.dtype() == DType.F32;
    }

    /** Where they lie. */
    MemorySegment segment() {
        return segment;
    }

    /** The place of the i-th in the segment, in elements. */
    long at(long i) {
        return start + i;
    }

    double get(long i) {
        return isSingle ? segment.getAtIndex(JAVA_FLOAT, start + i) : segment.getAtIndex(JAVA_DOUBLE, start + i);
    }

    void set(long i, double value) {
        if (isSingle) {
            segment.setAtIndex(JAVA_FLOAT, start + i, (float) value);
        } else {
            segment.setAtIndex(JAVA_DOUBLE, start + i, value);
        }
    }

    /** Sets so many, from the i-th on, to 0. */
    void fillZero(long i, long count) {
        long byteSize = isSingle ? Float.BYTES : Double.BYTES;
        segment.asSlice(at(i) * byteSize, count * byteSize).fill((byte) 0);
    }

    /** The largest number of this type under a bound. */
    double below(double bound) {
        float rounded = (float) bound;
        double single = rounded < bound ? rounded : Math.nextDown(rounded);
        return isSingle ? single : Math.nextDown(bound);
    }
}
