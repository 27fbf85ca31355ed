package dev.gatun.cpu.kernel;

import static java.lang.foreign.ValueLayout.JAVA_DOUBLE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/** How scalar kernels read and write: they compute in double, and what they store is rounded once. */
enum Element {
    F32 {
        @Override
        double get(MemorySegment segment, long index) {
            return segment.getAtIndex(JAVA_FLOAT, index);
        }

        @Override
        void set(MemorySegment segment, long index, double value) {
            segment.setAtIndex(JAVA_FLOAT, index, (float) value);
        }
    },
    F64 {
        @Override
        double get(MemorySegment segment, long index) {
            return segment.getAtIndex(JAVA_DOUBLE, index);
        }

        @Override
        void set(MemorySegment segment, long index, double value) {
            segment.setAtIndex(JAVA_DOUBLE, index, value);
        }
    };

    static Element of(DType dtype) {
        return switch (dtype) {
            case F32 -> F32;
            case F64 -> F64;
            default -> throw new IllegalArgumentException("cpu: no kernels compute in " + dtype);
        };
    }

    abstract double get(MemorySegment segment, long index);

    abstract void set(MemorySegment segment, long index, double value);
}
