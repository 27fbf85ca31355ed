package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/** Strided copies with conversion, and fills. */
final class Copy {
    private static final int CONVERTED_AT_ONCE = 512;

    private Copy() {}

    /** Copies elements between views of one shape, converting between any two types. */
    static void copy(View source, View target) {
        if (!source.shape().equals(target.shape())) {
            throw new ShapeException("copy", "shapes differ: " + source.shape() + " and " + target.shape());
        }
        MemorySegment from = CpuStorage.readable(source);
        MemorySegment to = CpuStorage.segment(target);
        if (target.elements() == 0) {
            return;
        }
        if (source.dtype() == target.dtype() && source.isContiguous() && target.isContiguous()) {
            MemorySegment.copy(from, source.byteOffset(), to, target.byteOffset(), bytes(target));
            return;
        }
        Runs runs = Runs.of(source.layout(), target.layout());
        if (source.dtype() == target.dtype()) {
            for (Runs.Cursor run = runs.cursor(Integer.MAX_VALUE); run.next(); ) {
                copyRun(
                        from,
                        run.offset(0),
                        runs.stride(0),
                        to,
                        run.offset(1),
                        runs.stride(1),
                        run.length(),
                        source.dtype().byteSize());
            }
        } else if (target.dtype() == DType.F32 && isHalf(source.dtype()) && runs.stride(1) == 1) {
            for (Runs.Cursor run = runs.cursor(Integer.MAX_VALUE); run.next(); ) {
                long at = run.offset(0);
                Conversion.widen(from, source.dtype(), at, runs.stride(0), to, run.offset(1), run.length());
            }
        } else if (source.dtype() == DType.F32 && isHalf(target.dtype()) && runs.stride(1) == 1) {
            for (Runs.Cursor run = runs.cursor(Integer.MAX_VALUE); run.next(); ) {
                long at = run.offset(0);
                Conversion.narrow(from, at, runs.stride(0), to, target.dtype(), run.offset(1), run.length());
            }
        } else if (source.dtype().isFloating()) {
            double[] values = new double[CONVERTED_AT_ONCE];
            for (Runs.Cursor run = runs.cursor(values.length); run.next(); ) {
                Conversion.read(from, source.dtype(), run.offset(0), runs.stride(0), values, run.length());
                Conversion.write(values, to, target.dtype(), run.offset(1), runs.stride(1), run.length());
            }
        } else {
            long[] values = new long[CONVERTED_AT_ONCE];
            for (Runs.Cursor run = runs.cursor(values.length); run.next(); ) {
                Conversion.read(from, source.dtype(), run.offset(0), runs.stride(0), values, run.length());
                Conversion.write(values, to, target.dtype(), run.offset(1), runs.stride(1), run.length());
            }
        }
    }

    private static long bytes(View view) {
        return view.elements() * view.dtype().byteSize();
    }

    private static boolean isHalf(DType dtype) {
        return dtype == DType.BF16 || dtype == DType.F16;
    }

    /** Copies {@code n} elements of {@code byteSize} bytes; offsets and strides in elements. */
    static void copyRun(
            MemorySegment from,
            long source,
            long sourceStride,
            MemorySegment to,
            long target,
            long targetStride,
            int n,
            int byteSize) {
        if (sourceStride == 1 && targetStride == 1) {
            MemorySegment.copy(from, source * byteSize, to, target * byteSize, (long) n * byteSize);
            return;
        }
        switch (byteSize) {
            case 1 -> {
                for (int i = 0; i < n; i++) {
                    to.set(JAVA_BYTE, target + i * targetStride, from.get(JAVA_BYTE, source + i * sourceStride));
                }
            }
            case 2 -> {
                for (int i = 0; i < n; i++) {
                    to.setAtIndex(
                            JAVA_SHORT,
                            target + i * targetStride,
                            from.getAtIndex(JAVA_SHORT, source + i * sourceStride));
                }
            }
            case 4 -> {
                for (int i = 0; i < n; i++) {
                    to.setAtIndex(
                            JAVA_INT, target + i * targetStride, from.getAtIndex(JAVA_INT, source + i * sourceStride));
                }
            }
            default -> {
                for (int i = 0; i < n; i++) {
                    to.setAtIndex(
                            JAVA_LONG,
                            target + i * targetStride,
                            from.getAtIndex(JAVA_LONG, source + i * sourceStride));
                }
            }
        }
    }

    /** Sets every element. */
    static void fill(View target, double value) {
        MemorySegment to = CpuStorage.segment(target);
        DType dtype = target.dtype();
        boolean zero = Double.doubleToRawLongBits(value) == 0;
        if (target.elements() == 0) {
            return;
        }
        if (zero && target.isContiguous()) {
            to.asSlice(target.byteOffset(), bytes(target)).fill((byte) 0);
            return;
        }
        Runs runs = Runs.of(target.layout());
        boolean zeroBytes = zero && runs.stride(0) == 1;
        for (Runs.Cursor run = runs.cursor(Integer.MAX_VALUE); run.next(); ) {
            long start = run.offset(0);
            if (zeroBytes) {
                to.asSlice(start * dtype.byteSize(), (long) run.length() * dtype.byteSize())
                        .fill((byte) 0);
                continue;
            }
            Conversion.write(value, to, dtype, start);
            copyRun(to, start, 0, to, start, runs.stride(0), run.length(), dtype.byteSize());
        }
    }
}
