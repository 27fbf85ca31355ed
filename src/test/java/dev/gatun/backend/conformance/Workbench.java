package dev.gatun.backend.conformance;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_DOUBLE_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_LONG_UNALIGNED;
import static java.lang.foreign.ValueLayout.JAVA_SHORT_UNALIGNED;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.gatun.backend.Backend;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;

/**
 * Makes views on a backend out of numbers and reads them back, touching the backend's memory by {@code write} and {@code read} alone. What
 * lies around and between a view's elements is filled with a pattern, and closing checks that it is still there, so that no test
 * passes whose operation writes beside its output.
 */
public final class Workbench implements AutoCloseable {
    private static final byte PATTERN = (byte) 0xFB;
    private static final int MARGIN = 64;

    private final Backend backend;
    private final long inUseBefore;
    private final List<View> views = new ArrayList<>();

    /** A bench on a backend that no other thread uses meanwhile. */
    public Workbench(Backend backend) {
        this.backend = backend;
        this.inUseBefore = backend.memory().usage().inUse();
    }

    /** A contiguous view of numbers, row-major. */
    public View view(DType dtype, Shape shape, double... values) {
        return view(dtype, Arrangement.CONTIGUOUS, shape, values);
    }

    /** A view of numbers, given row-major. */
    public View view(DType dtype, Arrangement arrangement, Shape shape, double... values) {
        assertEquals(shape.elements(), values.length, "values for " + shape);
        View view = blank(dtype, arrangement.layout(shape));
        write(view, values);
        return view;
    }

    /** A contiguous view for a result. */
    public View blank(DType dtype, Shape shape) {
        return blank(dtype, Layout.contiguous(shape));
    }

    /** A view for a result. */
    public View blank(DType dtype, Layout layout) {
        Storage storage = backend.memory().allocate(layout.extent() * dtype.byteSize() + MARGIN);
        MemorySegment bytes = host(storage);
        bytes.fill(PATTERN);
        backend.memory().write(bytes, storage, 0);
        View view = new View(storage, dtype, layout);
        views.add(view);
        return view;
    }

    /** A view repeated along axes of size 1 and new leading axes. */
    public static View broadcast(View view, Shape shape) {
        return view.with(view.layout().broadcastTo("test", shape));
    }

    /** Numbers into a view, row-major. */
    public void write(View view, double... values) {
        MemorySegment bytes = bytes(view.storage());
        long[] places = places(view.layout());
        for (int i = 0; i < places.length; i++) {
            encode(bytes, view.dtype(), places[i], values[i]);
        }
        backend.memory().write(bytes, view.storage(), 0);
    }

    /** A view's numbers, row-major. */
    public double[] read(View view) {
        MemorySegment bytes = bytes(view.storage());
        long[] places = places(view.layout());
        double[] values = new double[places.length];
        for (int i = 0; i < places.length; i++) {
            values[i] = decode(bytes, view.dtype(), places[i]);
        }
        return values;
    }

    /** So many numbers from −scale to scale, the same at every call, exact in F32. */
    public static double[] numbers(long count, double scale, long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        return random.doubles(count, -scale, scale).map(value -> (float) value).toArray();
    }

    /** The same numbers, each the nearest of a type. */
    public static double[] rounded(DType dtype, double... values) {
        return Arrays.stream(values)
                .map(value -> switch (dtype) {
                    case F32 -> (float) value;
                    case BF16 -> nearestBFloat((float) value);
                    case F16 -> Float.float16ToFloat(Float.floatToFloat16((float) value));
                    default -> value;
                })
                .toArray();
    }

    /** Ties go to the number with an even last bit; for finite numbers. */
    private static double nearestBFloat(float value) {
        double unit = 0x1p16 * Math.ulp(value);
        return Math.rint(value / unit) * unit;
    }

    @Override
    public void close() {
        for (View view : views) {
            checkSurroundings(view);
            view.storage().release();
        }
        backend.memory().synchronize();
        assertEquals(inUseBefore, backend.memory().usage().inUse(), "bytes left in use");
    }

    private void checkSurroundings(View view) {
        MemorySegment bytes = bytes(view.storage());
        int size = view.dtype().byteSize();
        for (long place : places(view.layout())) {
            bytes.asSlice(place * size, size).fill(PATTERN);
        }
        MemorySegment untouched = host(view.storage()).fill(PATTERN);
        assertEquals(-1, untouched.mismatch(bytes), () -> "byte written beside the elements of " + view.layout());
    }

    private MemorySegment bytes(Storage storage) {
        MemorySegment bytes = host(storage);
        backend.memory().read(storage, 0, bytes);
        return bytes;
    }

    private static MemorySegment host(Storage storage) {
        return MemorySegment.ofArray(new byte[Math.toIntExact(storage.byteSize())]);
    }

    /** Where the elements lie, row-major. */
    private static long[] places(Layout layout) {
        int[] sizes = layout.shape().toArray();
        long[] places = new long[Math.toIntExact(layout.shape().elements())];
        for (int i = 0; i < places.length; i++) {
            long place = layout.offset();
            int rest = i;
            for (int axis = sizes.length - 1; axis >= 0; axis--) {
                place += rest % sizes[axis] * layout.stride(axis);
                rest /= sizes[axis];
            }
            places[i] = place;
        }
        return places;
    }

    private static void encode(MemorySegment bytes, DType dtype, long place, double value) {
        long at = place * dtype.byteSize();
        switch (dtype) {
            case F32 -> bytes.set(JAVA_FLOAT_UNALIGNED, at, (float) value);
            case F64 -> bytes.set(JAVA_DOUBLE_UNALIGNED, at, value);
            case BF16 -> bytes.set(JAVA_SHORT_UNALIGNED, at, (short) (Float.floatToRawIntBits((float) value) >>> 16));
            case F16 -> bytes.set(JAVA_SHORT_UNALIGNED, at, Float.floatToFloat16((float) value));
            case I32 -> bytes.set(JAVA_INT_UNALIGNED, at, (int) value);
            case I64 -> bytes.set(JAVA_LONG_UNALIGNED, at, (long) value);
            case BOOL -> bytes.set(JAVA_BYTE, at, (byte) (value == 0 ? 0 : 1));
        }
    }

    private static double decode(MemorySegment bytes, DType dtype, long place) {
        long at = place * dtype.byteSize();
        return switch (dtype) {
            case F32 -> bytes.get(JAVA_FLOAT_UNALIGNED, at);
            case F64 -> bytes.get(JAVA_DOUBLE_UNALIGNED, at);
            case BF16 -> Float.intBitsToFloat(bytes.get(JAVA_SHORT_UNALIGNED, at) << 16);
            case F16 -> Float.float16ToFloat(bytes.get(JAVA_SHORT_UNALIGNED, at));
            case I32 -> bytes.get(JAVA_INT_UNALIGNED, at);
            case I64 -> (double) bytes.get(JAVA_LONG_UNALIGNED, at);
            case BOOL -> bytes.get(JAVA_BYTE, at);
        };
    }
}
