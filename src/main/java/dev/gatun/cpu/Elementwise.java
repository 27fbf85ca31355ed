package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.ShapeException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

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
        this.runs = Runs.of(
                Stream.concat(Stream.of(y), Stream.of(inputs)).map(View::layout).toArray(Layout[]::new));
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
        Ranges.run(runtime.pool(), runs.elements(), Ranges.ELEMENTS, (from, to) -> part(body, from, to));
    }

    private void part(Body body, long from, long to) {
        List<Operand> opened = new ArrayList<>(inputs.length);
        try {
            for (int i = 0; i < inputs.length; i++) {
                opened.add(new Operand(runtime, inputs[i], runs.stride(i + 1), longest));
            }
            Operand[] operands = opened.toArray(Operand[]::new);
            for (Runs.Cursor run = runs.cursor(from, to, longest); run.next(); ) {
                for (int i = 0; i < operands.length; i++) {
                    operands[i].moveTo(run.offset(i + 1), run.length());
                }
                body.run(operands, run.offset(0), run.length());
            }
        } finally {
            opened.forEach(Operand::close);
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
