package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.cuda.binding.Cudart;
import dev.gatun.layout.DType;

/** Copies and fills within a device, between any strides and any two types. */
final class CudaCopies {
    private static final String FAMILY = "copies";

    private final CudaRuntime runtime;

    CudaCopies(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    /** Copies elements between views of one shape, converting between any two types. */
    void copy(View source, View target) {
        Operands.sameShape("copy", target, source);
        CudaWalk walk = CudaWalk.of("copy", source.layout(), target.layout());
        if (walk.count() == 0) {
            return;
        }
        try (var _ = runtime.calls()) {
            if (source.dtype() != target.dtype()) {
                call("convert")
                        .walk(walk)
                        .constant(source.dtype())
                        .pointer(source)
                        .constant(target.dtype())
                        .pointer(target)
                        .overElements(walk.count());
            } else if (walk.isDense(0) && walk.isDense(1)) {
                CudaMemory memory = runtime.memory();
                CudaStatus.runtime(
                        "cudaMemcpyAsync",
                        Cudart.cudaMemcpyAsync(
                                memory.pointer(target),
                                memory.pointer(source),
                                bytes(target),
                                Cudart.cudaMemcpyDeviceToDevice(),
                                runtime.stream()));
            } else {
                call("copy" + source.dtype().byteSize())
                        .walk(walk)
                        .pointer(source)
                        .pointer(target)
                        .overElements(walk.count());
            }
        }
    }

    /** target += source, of one floating-point type and one shape. */
    void accumulate(View source, View target) {
        Operands.sameShape("accumulate", target, source);
        DType dtype = Operands.sameType("accumulate", target, source);
        if (!dtype.isFloating()) {
            throw new IllegalArgumentException("accumulate: expected floating-point numbers, was given " + dtype);
        }
        CudaWalk walk = CudaWalk.of("accumulate", source.layout(), target.layout());
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call("add")
                        .walk(walk)
                        .constant(dtype)
                        .pointer(source)
                        .pointer(target)
                        .overElements(walk.count());
            }
        }
    }

    /** Sets every element, converted to the view's type. */
    void fill(View target, double value) {
        CudaWalk walk = CudaWalk.of("fill", target.layout());
        if (walk.count() == 0) {
            return;
        }
        try (var _ = runtime.calls()) {
            if (Double.doubleToRawLongBits(value) == 0 && walk.isDense(0)) {
                CudaStatus.runtime(
                        "cudaMemsetAsync",
                        Cudart.cudaMemsetAsync(runtime.memory().pointer(target), 0, bytes(target), runtime.stream()));
            } else {
                call("fill")
                        .walk(walk)
                        .float64(value)
                        .constant(target.dtype())
                        .pointer(target)
                        .overElements(walk.count());
            }
        }
    }

    private static long bytes(View view) {
        return view.elements() * view.dtype().byteSize();
    }

    /** These kernels take every type at run time; they are compiled once. */
    private KernelCall call(String kernel) {
        return runtime.kernels().call(FAMILY, DType.F32, kernel);
    }
}
