package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.MemoryOps;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/** Elements between Java arrays and a backend's memory. */
final class HostArrays {
    private HostArrays() {}

    /** New contiguous memory with one reference, for the caller. */
    static View allocate(Backend backend, DType dtype, Shape shape) {
        long bytes = Math.multiplyExact(shape.elements(), (long) dtype.byteSize());
        return new View(backend.memory().allocate(bytes), dtype, Layout.contiguous(shape));
    }

    static View allocate(Device device, DType dtype, Shape shape) {
        return allocate(device.backend(), dtype, shape);
    }

    /** A tensor in the current scope with the given elements, row-major in native byte order. */
    static Tensor upload(Device device, MemorySegment elements, DType dtype, Shape shape) {
        long expected = Math.multiplyExact(shape.elements(), (long) dtype.byteSize());
        if (elements.byteSize() != expected) {
            throw new ShapeException(
                    "tensor", dtype + " " + shape + " takes " + expected + " bytes, was given " + elements.byteSize());
        }
        Tensor tensor = Tensor.empty(device, dtype, shape);
        device.backend().memory().write(elements, tensor.view().storage(), 0);
        return tensor;
    }

    /** Fills {@code target} with the tensor's elements, row-major, converted to a type. */
    static void download(Tensor tensor, DType dtype, MemorySegment target) {
        MemoryOps memory = tensor.device().backend().memory();
        View view = tensor.hold();
        try {
            if (view.dtype() == dtype && view.isContiguous()) {
                memory.read(view.storage(), view.byteOffset(), target);
                return;
            }
            View packed = allocate(tensor.device(), dtype, view.shape());
            try {
                memory.copy(view, packed);
                memory.read(packed.storage(), 0, target);
            } finally {
                packed.storage().release();
            }
        } finally {
            view.storage().release();
        }
    }

    static int arrayLength(Tensor tensor) {
        if (tensor.shape().elements() > Integer.MAX_VALUE - 8) {
            throw new ShapeException("read", tensor.shape() + " does not fit a Java array; read it slice by slice");
        }
        return (int) tensor.shape().elements();
    }

    static void demand(Tensor tensor, String reader, boolean fits, String alternative) {
        if (!fits) {
            throw new ShapeException(reader, "cannot represent " + tensor.dtype() + "; " + alternative);
        }
    }

    static float[] floats(Tensor tensor) {
        DType dtype = tensor.dtype();
        demand(tensor, "toFloats", dtype.isFloating() && dtype != DType.F64, "use toDoubles() or convert with to(F32)");
        float[] array = new float[arrayLength(tensor)];
        download(tensor, DType.F32, MemorySegment.ofArray(array));
        return array;
    }

    static double[] doubles(Tensor tensor) {
        double[] array = new double[arrayLength(tensor)];
        download(tensor, DType.F64, MemorySegment.ofArray(array));
        return array;
    }

    static int[] ints(Tensor tensor) {
        demand(tensor, "toInts", tensor.dtype() == DType.I32, "convert with to(I32)");
        int[] array = new int[arrayLength(tensor)];
        download(tensor, DType.I32, MemorySegment.ofArray(array));
        return array;
    }

    static long[] longs(Tensor tensor) {
        demand(tensor, "toLongs", tensor.dtype().isIndex(), "convert with to(I64)");
        long[] array = new long[arrayLength(tensor)];
        download(tensor, DType.I64, MemorySegment.ofArray(array));
        return array;
    }

    static boolean[] booleans(Tensor tensor) {
        demand(tensor, "toBooleans", tensor.dtype() == DType.BOOL, "compare it with something first");
        byte[] bytes = new byte[arrayLength(tensor)];
        download(tensor, DType.BOOL, MemorySegment.ofArray(bytes));
        boolean[] array = new boolean[bytes.length];
        for (int i = 0; i < array.length; i++) {
            array[i] = bytes[i] != 0;
        }
        return array;
    }

    static byte[] bytes(boolean[] values) {
        byte[] bytes = new byte[values.length];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (values[i] ? 1 : 0);
        }
        return bytes;
    }
}
