package dev.gatun.cuda;

import dev.gatun.backend.Reduction;
import dev.gatun.backend.ReductionOps;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.ShapeException;

/** Reductions and softmax by own kernels, in F32 and F64. */
final class CudaReduction implements ReductionOps {
    private static final String FAMILY = "reduction";

    private final CudaRuntime runtime;

    CudaReduction(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void reduce(Reduction reduction, View x, View y) {
        DType dtype = Operands.computable("reduce", x, y);
        Operands.contiguous("reduce", y);
        AxisReduction plan = AxisReduction.of(reduction, x, y);
        if (plan.outputs() == 0) {
            return;
        }
        CudaStorage partials = runtime.memory().allocate(plan.partialElements() * dtype.byteSize());
        try (var _ = runtime.calls()) {
            plan.queue(runtime.kernels(), dtype, x, runtime.memory().pointer(partials, 0), y);
        } finally {
            partials.release();
        }
    }

    @Override
    public void argMax(View x, View y) {
        DType dtype = Operands.computable("argMax", x);
        Operands.contiguous("argMax", y);
        Rows rows = rows("argMax", x);
        if (y.dtype() != DType.I64 || !y.shape().equals(x.shape().without(-1))) {
            throw new ShapeException(
                    "argMax", "cannot give places in " + x.shape() + " as " + y.dtype() + " " + y.shape());
        }
        if (rows.length == 0 && y.elements() > 0) {
            throw new ShapeException("argMax", "of no elements: " + x.shape());
        }
        if (y.elements() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "argMax")
                        .walk(rows.walk)
                        .pointer(x)
                        .int64(rows.length)
                        .int64(x.layout().stride(-1))
                        .pointer(y)
                        .overRows(y.elements(), rows.length);
            }
        }
    }

    @Override
    public void softmax(View x, View y) {
        forward("softmax", x, y);
    }

    @Override
    public void softmaxBackward(View y, View dy, View dx) {
        backward("softmaxBackward", y, dy, dx);
    }

    @Override
    public void logSoftmax(View x, View y) {
        forward("logSoftmax", x, y);
    }

    @Override
    public void logSoftmaxBackward(View y, View dy, View dx) {
        backward("logSoftmaxBackward", y, dy, dx);
    }

    private void forward(String kernel, View x, View y) {
        DType dtype = check(kernel, y, x);
        Rows rows = rows(kernel, x);
        if (x.elements() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, kernel)
                        .walk(rows.walk)
                        .pointer(x)
                        .int64(rows.length)
                        .int64(x.layout().stride(-1))
                        .pointer(y)
                        .overRows(rows.walk.count(), rows.length);
            }
        }
    }

    private void backward(String kernel, View y, View dy, View dx) {
        DType dtype = check(kernel, dx, y, dy);
        Rows rows = rows(kernel, y, dy);
        if (dx.elements() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, kernel)
                        .walk(rows.walk)
                        .pointer(y)
                        .int64(rows.length)
                        .int64(y.layout().stride(-1))
                        .pointer(dy)
                        .int64(dy.layout().stride(-1))
                        .pointer(dx)
                        .overRows(rows.walk.count(), rows.length);
            }
        }
    }

    private static DType check(String operation, View output, View... inputs) {
        Operands.contiguous(operation, output);
        Operands.sameShape(operation, output, inputs);
        for (View input : inputs) {
            Operands.computable(operation, output, input);
        }
        return output.dtype();
    }

    /** The first elements of rows along the last axis, and how long the rows are. */
    private record Rows(CudaWalk walk, int length) {}

    private static Rows rows(String operation, View... inputs) {
        if (inputs[0].rank() == 0) {
            throw new ShapeException(operation, "expected rows, was given a scalar");
        }
        int length = inputs[0].size(-1);
        Layout[] starts = new Layout[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            Layout layout = inputs[i].layout();
            starts[i] = length == 0 ? layout.slice(-1, 0, 0) : layout.select(-1, 0);
        }
        return new Rows(CudaWalk.of(operation, starts), length);
    }

    private KernelCall call(DType dtype, String kernel) {
        return runtime.kernels().call(FAMILY, dtype, kernel);
    }
}
