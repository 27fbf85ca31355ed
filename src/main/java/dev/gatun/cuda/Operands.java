package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;

/** What own kernels demand of the views they are given. */
final class Operands {
    private Operands() {}

    /** Demands that views have no gaps. */
    static void contiguous(String operation, View... views) {
        for (View view : views) {
            if (!view.isContiguous()) {
                throw new ShapeException(operation, "expected a contiguous view, was given " + view.layout());
            }
        }
    }

    /** Demands one element type. */
    static DType sameType(String operation, View... views) {
        DType dtype = views[0].dtype();
        for (View view : views) {
            if (view.dtype() != dtype) {
                throw new ShapeException(operation, "element types differ: " + dtype + " and " + view.dtype());
            }
        }
        return dtype;
    }

    /** Demands one element type that kernels compute in. */
    static DType computable(String operation, View... views) {
        DType dtype = sameType(operation, views);
        if (!dtype.isComputable()) {
            throw new ShapeException(operation, "expected F32 or F64, was given " + dtype + " " + views[0].shape());
        }
        return dtype;
    }

    /** Demands that inputs have the shape of the output. */
    static void sameShape(String operation, View output, View... inputs) {
        for (View input : inputs) {
            if (!input.shape().equals(output.shape())) {
                throw new ShapeException(operation, "shapes differ: " + input.shape() + " and " + output.shape());
            }
        }
    }

    /** Demands BOOL. */
    static void isBool(String operation, View view) {
        if (view.dtype() != DType.BOOL) {
            throw new ShapeException(operation, "expected a BOOL view, was given " + view.dtype() + " " + view.shape());
        }
    }

    /** How inputs are walked beside a contiguous output of their shape. */
    static CudaWalk walk(String operation, View output, View... inputs) {
        sameShape(operation, output, inputs);
        contiguous(operation, output);
        return CudaWalk.of(operation, Arrays.stream(inputs).map(View::layout).toArray(Layout[]::new));
    }
}
