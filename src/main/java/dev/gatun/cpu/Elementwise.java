package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.ShapeException;

/**
 * One pass over a contiguous output and inputs of its shape: the work is split over the threads, and inputs reach the kernel as
 * contiguous runs.
 */
final class Elementwise {
    /** Elements of one run where an input must be gathered: scratch that stays in the first-level cache. */
    private static final int GATHERED_AT_ONCE = 1 << 10;

    private final CpuRuntime runtime;
    private final View[] inputs;
    private final Runs runs;
    private final int longest;

    /** A pass of an operation, which is named in errors. */
    Elementwise(CpuRuntime runtime, String operation, View y, View... inputs) {
        this.runtime = runtime;
        this.inputs = inputs;
        for (View input : inputs) {
            if (!input.shape().equals(y.shape())) {
                throw new ShapeException(operation, "shapes differ: " + input.shape() + " and " + y.shape());
            }
        }
        contiguous(operation, y);
        Layout[] layouts = new Layout[inputs.length + 1];
        layouts[0] = y.layout();
        for (int i = 0; i < inputs.length; i++) {
            layouts[i + 1] = inputs[i].layout();
        }
        this.runs = Runs.of(layouts);
        boolean gathers = false;
        for (int i = 1; i <= inputs.length; i++) {
            gathers |= runs.stride(i) != 1;
        }
        this.longest = gathers ? GATHERED_AT_ONCE : Ranges.ELEMENTS;
    }

    /** What is done with each run: inputs in the order given, then the place in y. */
    interface Body {
        void run(Operand[] in, long y, int n);
    }

    /** Runs the kernel over everything. */
    void run(Body body) {
        if (runs.elements() <= Ranges.ELEMENTS) {
            part(body, 0, runs.elements());
            return;
        }
        Ranges.run(runtime.pool(), runs.elements(), Ranges.ELEMENTS, (from, to) -> part(body, from, to));
    }

    private void part(Body body, long from, long to) {
        Operand[] operands = new Operand[inputs.length];
        int opened = 0;
        try {
            for (; opened < inputs.length; opened++) {
                operands[opened] = new Operand(runtime, inputs[opened], runs.stride(opened + 1), longest);
            }
            for (Runs.Cursor run = runs.cursor(from, to, longest); run.next(); ) {
                for (int i = 0; i < operands.length; i++) {
                    operands[i].moveTo(run.offset(i + 1), run.length());
                }
                body.run(operands, run.offset(0), run.length());
            }
        } finally {
            for (int i = 0; i < opened; i++) {
                operands[i].close();
            }
        }
    }

    /** Demands that outputs have no gaps. */
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
}
