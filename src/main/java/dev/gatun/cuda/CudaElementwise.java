package dev.gatun.cuda;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.Comparison;
import dev.gatun.backend.ElementwiseOps;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;

/** Functions of single elements by own kernels, in F32 and F64. */
final class CudaElementwise implements ElementwiseOps {
    private static final String FAMILY = "elementwise";

    private final CudaRuntime runtime;

    CudaElementwise(CudaRuntime runtime) {
        this.runtime = runtime;
    }

    @Override
    public void unary(UnaryFunction function, View x, View y) {
        DType dtype = Operands.computable("unary", y, x);
        CudaWalk walk = Operands.walk("unary", y, x);
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "unary")
                        .constant(function)
                        .walk(walk)
                        .pointer(x)
                        .pointer(y)
                        .overElements(walk.count());
            }
        }
    }

    @Override
    public void unaryBackward(UnaryFunction function, View x, View y, View dy, View dx) {
        DType dtype = Operands.computable("unaryBackward", dx, x, y, dy);
        CudaWalk walk = Operands.walk("unaryBackward", dx, x, y, dy);
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "unaryBackward")
                        .constant(function)
                        .walk(walk)
                        .pointer(x)
                        .pointer(y)
                        .pointer(dy)
                        .pointer(dx)
                        .overElements(walk.count());
            }
        }
    }

    @Override
    public void binary(BinaryFunction function, View a, View b, View y) {
        DType dtype = Operands.computable("binary", y, a, b);
        CudaWalk walk = Operands.walk("binary", y, a, b);
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "binary")
                        .constant(function)
                        .walk(walk)
                        .pointer(a)
                        .pointer(b)
                        .pointer(y)
                        .overElements(walk.count());
            }
        }
    }

    @Override
    public void compare(Comparison comparison, View a, View b, View y) {
        Operands.isBool("compare", y);
        DType dtype = Operands.computable("compare", a, b);
        CudaWalk walk = Operands.walk("compare", y, a, b);
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "compare")
                        .constant(comparison)
                        .walk(walk)
                        .pointer(a)
                        .pointer(b)
                        .pointer(y)
                        .overElements(walk.count());
            }
        }
    }

    @Override
    public void select(View condition, View a, View b, View y) {
        Operands.isBool("select", condition);
        DType dtype = Operands.computable("select", y, a, b);
        CudaWalk walk = Operands.walk("select", y, condition, a, b);
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "select")
                        .walk(walk)
                        .pointer(condition)
                        .pointer(a)
                        .pointer(b)
                        .pointer(y)
                        .overElements(walk.count());
            }
        }
    }

    @Override
    public void affine(View x, double scale, double shift, View y) {
        twoNumbers("affine", x, scale, shift, y);
    }

    @Override
    public void accumulate(View x, double factor, View y) {
        DType dtype = Operands.computable("accumulate", y, x);
        CudaWalk walk = Operands.walk("accumulate", y, x);
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, "accumulate")
                        .walk(walk)
                        .pointer(x)
                        .scalar(factor)
                        .pointer(y)
                        .overElements(walk.count());
            }
        }
    }

    @Override
    public void clamp(View x, double low, double high, View y) {
        twoNumbers("clamp", x, low, high, y);
    }

    private void twoNumbers(String kernel, View x, double first, double second, View y) {
        DType dtype = Operands.computable(kernel, y, x);
        CudaWalk walk = Operands.walk(kernel, y, x);
        if (walk.count() > 0) {
            try (var _ = runtime.calls()) {
                call(dtype, kernel)
                        .walk(walk)
                        .pointer(x)
                        .scalar(first)
                        .scalar(second)
                        .pointer(y)
                        .overElements(walk.count());
            }
        }
    }

    private KernelCall call(DType dtype, String kernel) {
        return runtime.kernels().call(FAMILY, dtype, kernel);
    }
}
