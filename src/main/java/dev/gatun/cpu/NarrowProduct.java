package dev.gatun.cpu;

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

    void matmul(View a, View b, @Nullable View bias, boolean accumulate, View c) {
        if (c.elements() <= largest) {
            part(a, b, bias, accumulate, c);
            return;
        }
        int axis = longAxis(c);
        int step = (int) Math.max(1, c.size(axis) * largest / c.elements());
        for (int from = 0; from < c.size(axis); from += step) {
            int to = Math.min(from + step, c.size(axis));
            matmul(
                    axis == c.rank() - 1 ? a : slice(a, axis, from, to),
                    axis == c.rank() - 2 ? b : slice(b, axis, from, to),
                    bias == null || axis < c.rank() - 1 ? bias : slice(bias, 0, from, to),
                    accumulate,
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

    private void part(View a, View b, @Nullable View bias, boolean accumulate, View c) {
        try (ScratchViews scratch = new ScratchViews(runtime, DType.F32)) {
            View sums = scratch.take(c.shape().toArray());
            if (accumulate) {
                Copy.copy(c, sums);
            }
            View added = bias == null ? null : scratch.take(bias.size(0));
            if (bias != null && added != null) {
                Copy.copy(bias, added);
            }
            matrix.matmul(a, b, added, accumulate, sums);
            round(sums, c);
        }
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
