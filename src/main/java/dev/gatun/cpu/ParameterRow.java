package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import org.jspecify.annotations.Nullable;

/** A row of parameters, or where there is none, of one number repeated. Closing releases what that took. */
final class ParameterRow implements AutoCloseable {
    private final Numbers numbers;
    private final @Nullable CpuStorage scratch;

    ParameterRow(CpuRuntime runtime, String operation, @Nullable View given, DType dtype, int n, double absent) {
        Shape shape = Shape.of(n);
        if (given == null) {
            this.scratch = runtime.scratch((long) n * dtype.byteSize());
            View row = new View(scratch, dtype, Layout.contiguous(shape));
            Copy.fill(row, absent);
            this.numbers = new Numbers(operation, row);
        } else {
            this.scratch = null;
            this.numbers = new Numbers(operation, given);
            if (given.dtype() != dtype || !given.shape().equals(shape)) {
                throw new ShapeException(
                        operation,
                        "expected a parameter " + dtype + " " + shape + ", was given " + given.dtype() + " "
                                + given.shape());
            }
        }
    }

    Numbers numbers() {
        return numbers;
    }

    @Override
    public void close() {
        if (scratch != null) {
            scratch.release();
        }
    }
}
