package dev.gatun.cpu;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.ElementwiseKernels;
import dev.gatun.layout.DType;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/** Functions of single elements on the CPU, in F32 and F64. */
final class CpuElementwise implements ElementwiseOps {
    private final CpuRuntime runtime;

    CpuElementwise(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void unary(UnaryFunction function, View x, View y) {
        ElementwiseKernels kernels = kernels("unary", y, x);
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "unary", y, x)
                .run((in, at, n) -> kernels.unary(function, in[0].segment(), in[0].offset(), out, at, n));
    }

    @Override
    public void unaryBackward(UnaryFunction function, View x, View y, View dy, View dx) {
        ElementwiseKernels kernels = kernels("unaryBackward", dx, x, y, dy);
        MemorySegment out = CpuStorage.segment(dx);
        new Elementwise(runtime, "unaryBackward", dx, x, y, dy)
                .run((in, at, n) -> kernels.unaryBackward(
                        function,
                        in[0].segment(),
                        in[0].offset(),
                        in[1].segment(),
                        in[1].offset(),
                        in[2].segment(),
                        in[2].offset(),
                        out,
                        at,
                        n));
    }

    @Override
    public void binary(BinaryFunction function, View a, View b, View y) {
        ElementwiseKernels kernels = kernels("binary", y, a, b);
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "binary", y, a, b)
                .run((in, at, n) -> kernels.binary(
                        function, in[0].segment(), in[0].offset(), in[1].segment(), in[1].offset(), out, at, n));
    }

    @Override
    public void compare(Comparison comparison, View a, View b, View y) {
        isBool("compare", y);
        ElementwiseKernels kernels = kernels("compare", a, b);
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "compare", y, a, b)
                .run((in, at, n) -> kernels.compare(
                        comparison, in[0].segment(), in[0].offset(), in[1].segment(), in[1].offset(), out, at, n));
    }

    @Override
    public void select(View condition, View a, View b, View y) {
        isBool("select", condition);
        ElementwiseKernels kernels = kernels("select", y, a, b);
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "select", y, condition, a, b)
                .run((in, at, n) -> kernels.select(
                        in[0].segment(),
                        in[0].offset(),
                        in[1].segment(),
                        in[1].offset(),
                        in[2].segment(),
                        in[2].offset(),
                        out,
                        at,
                        n));
    }

    @Override
    public void affine(View x, double scale, double shift, View y) {
        ElementwiseKernels kernels = kernels("affine", y, x);
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "affine", y, x)
                .run((in, at, n) -> kernels.affine(in[0].segment(), in[0].offset(), scale, shift, out, at, n));
    }

    @Override
    public void accumulate(View x, double factor, View y) {
        ElementwiseKernels kernels = kernels("accumulate", y, x);
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "accumulate", y, x)
                .run((in, at, n) -> kernels.accumulate(in[0].segment(), in[0].offset(), factor, out, at, n));
        CpuStorage.written(y);
    }

    @Override
    public void clamp(View x, double low, double high, View y) {
        ElementwiseKernels kernels = kernels("clamp", y, x);
        MemorySegment out = CpuStorage.segment(y);
        new Elementwise(runtime, "clamp", y, x)
                .run((in, at, n) -> kernels.clamp(in[0].segment(), in[0].offset(), low, high, out, at, n));
    }

    private ElementwiseKernels kernels(String operation, View... views) {
        return runtime.kernels(Elementwise.sameType(operation, views)).elementwise();
    }

    private static void isBool(String operation, View view) {
        if (view.dtype() != DType.BOOL) {
            throw new ShapeException(operation, "expected a BOOL view, was given " + view.dtype() + " " + view.shape());
        }
    }
}
