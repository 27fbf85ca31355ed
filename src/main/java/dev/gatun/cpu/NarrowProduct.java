package dev.gatun.cpu;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/** Products with results of BF16 or F16: part by part they are summed in F32, and each part is then rounded. */
final class NarrowProduct {
    /** Elements whose rounding is worth a task. */
    private static final int ROUNDED = 1 << 15;

    private final CpuRuntime runtime;
    private final CpuMatrix matrix;
    private final long largest;

    /** Products in parts of so many elements at most. */
    NarrowProduct(CpuRuntime runtime, CpuMatrix matrix, long largest) {
        this.runtime = runtime;
        this.matrix = matrix;
        this.largest = largest;
    }

    void matmul(View a, View b, Epilogue epilogue, View c) {
        if (c.elements() <= largest) {
            part(a, b, epilogue, c);
            return;
        }
        int axis = longAxis(c);
        int step = (int) Math.max(1, c.size(axis) * largest / c.elements());
        for (int from = 0; from < c.size(axis); from += step) {
            int to = Math.min(from + step, c.size(axis));
            matmul(
                    axis == c.rank() - 1 ? a : slice(a, axis, from, to),
                    axis == c.rank() - 2 ? b : slice(b, axis, from, to),
                    slice(epilogue, c, axis, from, to),
                    slice(c, axis, from, to));
        }
    }

    /** The first axis that can be cut. */
    private static int longAxis(View c) {
        int axis = 0;
        while (c.size(axis) == 1) {
            axis++;
        }
        return axis;
    }

    private static View slice(View view, int axis, int from, int to) {
        return view.with(view.layout().slice(axis, from, to));
    }

    /** The epilogue of such a part of c. */
    private static Epilogue slice(Epilogue epilogue, View c, int axis, int from, int to) {
        View bias = epilogue.bias();
        View addend = epilogue.addend();
        View argument = epilogue.argument();
        return new Epilogue(
                bias == null || axis < c.rank() - 1 ? bias : slice(bias, 0, from, to),
                addend == null ? null : slice(addend, axis, from, to),
                epilogue.activation(),
                argument == null ? null : slice(argument, axis, from, to));
    }

    private void part(View a, View b, Epilogue epilogue, View c) {
        try (ScratchViews scratch = new ScratchViews(runtime, DType.F32)) {
            View result = scratch.take(c.shape().toArray());
            View kept = epilogue.argument();
            View argument = kept == null ? null : scratch.take(c.shape().toArray());
            Epilogue wide = new Epilogue(
                    widened(scratch, epilogue.bias()),
                    widened(epilogue.addend(), argument == null ? result : argument),
                    epilogue.activation(),
                    argument);
            matrix.matmul(a, b, wide, result);
            round(result, c);
            if (kept != null && argument != null) {
                round(argument, kept);
            }
        }
    }

    private static @Nullable View widened(ScratchViews scratch, @Nullable View view) {
        return view == null ? null : widened(view, scratch.take(view.shape().toArray()));
    }

    private static @Nullable View widened(@Nullable View view, View target) {
        if (view == null) {
            return null;
        }
        Copy.copy(view, target);
        return target;
    }

    private void round(View sums, View c) {
        int rows = Math.toIntExact(c.elements() / c.size(-1));
        Layout flat = c.layout().reshape(Shape.of(rows, c.size(-1)));
        if (flat == null) {
            Copy.copy(sums, c);
            return;
        }
        View from = sums.with(Layout.contiguous(flat.shape()));
        View to = c.with(flat);
        int step = Math.max(1, ROUNDED / c.size(-1));
        runtime.pool().run(Math.ceilDiv(rows, step), task -> {
            int end = Math.min(task * step + step, rows);
            Copy.copy(slice(from, 0, task * step, end), slice(to, 0, task * step, end));
        });
    }
}
