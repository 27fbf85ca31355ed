package dev.gatun.op;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import org.jspecify.annotations.Nullable;

/** What ops demand of their inputs; every refusal names the op, what was given and what was expected. */
final class Check {
    private Check() {}

    /** The input, which must be there. */
    static View present(Op op, @Nullable View[] views, int index) {
        View view = index < views.length ? views[index] : null;
        if (view == null) {
            throw new ShapeException(op.name(), "input " + index + " is missing");
        }
        return view;
    }

    /** The input, which must be there and be F32 or F64. */
    static View floating(Op op, @Nullable View[] views, int index) {
        View view = present(op, views, index);
        if (!view.dtype().isComputable()) {
            throw new ShapeException(
                    op.name(),
                    "expected F32 or F64, was given " + view.dtype() + " " + view.shape()
                            + "; convert it with to(DType.F32)");
        }
        return view;
    }

    /** A factor of a matrix product, which must be there and be F32, F64, BF16 or F16. */
    static View factor(Op op, @Nullable View[] views, int index) {
        View view = present(op, views, index);
        if (!view.dtype().isFloating()) {
            throw new ShapeException(
                    op.name(),
                    "expected F32, F64, BF16 or F16, was given " + view.dtype() + " " + view.shape()
                            + "; convert it with to(DType)");
        }
        return view;
    }

    /** The input, which must be there and be I32 or I64. */
    static View index(Op op, @Nullable View[] views, int index) {
        View view = present(op, views, index);
        if (!view.dtype().isIndex()) {
            throw new ShapeException(
                    op.name(), "expected indices, I32 or I64, was given " + view.dtype() + " " + view.shape());
        }
        return view;
    }

    /** Two inputs of one type. */
    static void sameType(Op op, View a, View b) {
        if (a.dtype() != b.dtype()) {
            throw new ShapeException(
                    op.name(),
                    "types differ: " + a.dtype() + " " + a.shape() + " and " + b.dtype() + " " + b.shape()
                            + "; convert one with to(DType)");
        }
    }

    /** A view of a type and a shape. */
    static void matches(Op op, String role, View view, DType dtype, Shape shape) {
        if (view.dtype() != dtype || !view.shape().equals(shape)) {
            throw new ShapeException(
                    op.name(),
                    role + " must be " + dtype + " " + shape + ", was given " + view.dtype() + " " + view.shape());
        }
    }

    /** Demands something; the problem is put into words only when it is not so. */
    static void that(boolean holds, Op op, String problem, Object... values) {
        if (!holds) {
            throw new ShapeException(op.name(), problem.formatted(values));
        }
    }
}
