package dev.gatun.cpu;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.backend.Reduction;
import dev.gatun.backend.ReductionOps;
import dev.gatun.backend.View;
import dev.gatun.cpu.kernel.ReductionKernels;
import dev.gatun.cpu.kernel.SoftmaxKernels;
import dev.gatun.layout.DType;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/** Reductions and softmax on the CPU, in F32 and F64. */
final class CpuReduction implements ReductionOps {
    private final CpuRuntime runtime;

    CpuReduction(CpuRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void reduce(Reduction reduction, View x, View y) {
        new AxisReduction(runtime, reduction, x, y).run();
    }

    @Override
    public void argMax(View x, View y) {
        ReductionKernels kernels = runtime.kernels(x.dtype()).reductions();
        Rows rows = new Rows(runtime, "argMax", x);
        Elementwise.contiguous("argMax", y);
        if (y.dtype() != DType.I64 || !y.shape().equals(x.shape().without(-1))) {
            throw new ShapeException(
                    "argMax", "cannot give places in " + x.shape() + " as " + y.dtype() + " " + y.shape());
        }
        if (rows.length() == 0 && y.elements() > 0) {
            throw new ShapeException("argMax", "of no elements: " + x.shape());
        }
        MemorySegment out = CpuStorage.segment(y);
        long start = y.layout().offset();
        rows.run((in, at, row) -> out.setAtIndex(JAVA_LONG, start + row, kernels.argMax(in[0], at[0], rows.length())));
    }

    @Override
    public void softmax(View x, View y) {
        SoftmaxKernels kernels = kernels("softmax", y, x);
        Rows rows = new Rows(runtime, "softmax", x);
        int n = rows.length();
        MemorySegment out = CpuStorage.segment(y);
        long start = y.layout().offset();
        rows.run((in, at, row) -> kernels.softmax(in[0], at[0], out, start + row * n, n));
    }

    @Override
    public void softmaxBackward(View y, View dy, View dx) {
        SoftmaxKernels kernels = kernels("softmaxBackward", dx, y, dy);
        Rows rows = new Rows(runtime, "softmaxBackward", y, dy);
        int n = rows.length();
        MemorySegment out = CpuStorage.segment(dx);
        long start = dx.layout().offset();
        rows.run((in, at, row) -> kernels.softmaxBackward(in[0], at[0], in[1], at[1], out, start + row * n, n));
    }

    @Override
    public void logSoftmax(View x, View y) {
        SoftmaxKernels kernels = kernels("logSoftmax", y, x);
        Rows rows = new Rows(runtime, "logSoftmax", x);
        int n = rows.length();
        MemorySegment out = CpuStorage.segment(y);
        long start = y.layout().offset();
        rows.run((in, at, row) -> kernels.logSoftmax(in[0], at[0], out, start + row * n, n));
    }

    @Override
    public void logSoftmaxBackward(View y, View dy, View dx) {
        SoftmaxKernels kernels = kernels("logSoftmaxBackward", dx, y, dy);
        Rows rows = new Rows(runtime, "logSoftmaxBackward", y, dy);
        int n = rows.length();
        MemorySegment out = CpuStorage.segment(dx);
        long start = dx.layout().offset();
        rows.run((in, at, row) -> kernels.logSoftmaxBackward(in[0], at[0], in[1], at[1], out, start + row * n, n));
    }

    private SoftmaxKernels kernels(String operation, View output, View... inputs) {
        Elementwise.contiguous(operation, output);
        for (View input : inputs) {
            Elementwise.sameType(operation, output, input);
            if (!input.shape().equals(output.shape())) {
                throw new ShapeException(operation, "shapes differ: " + input.shape() + " and " + output.shape());
            }
        }
        return runtime.kernels(output.dtype()).softmax();
    }
}
