package dev.gatun;

import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.List;
import java.util.Locale;
import java.util.function.IntFunction;

/** Tensors as text, the way NumPy prints arrays: nested brackets, columns aligned, long axes shortened to their ends. */
final class TensorFormat {
    private static final int SUMMARIZE_FROM = 1000;
    private static final int EDGE = 3;

    private final Shape whole;
    private final Shape shape;
    private final double[] values;
    private final IntFunction<String> cell;
    private final int width;

    /** @param shown the tensor, or, of one with many elements, the ends of its axes */
    private TensorFormat(Tensor shown, Shape whole) {
        this.whole = whole;
        shape = shown.shape();
        values = shown.dtype().isIndex() ? new double[0] : shown.toDoubles();
        cell = cells(shown);
        int widest = 0;
        for (int i = 0; i < shape.elements(); i++) {
            widest = Math.max(widest, cell.apply(i).length());
        }
        width = widest;
    }

    static String format(Tensor tensor) {
        StringBuilder text =
                new StringBuilder().append(tensor.dtype()).append(' ').append(tensor.shape());
        text.append(tensor.rank() > 1 ? "\n" : " ");
        try (Scope _ = Scope.open()) {
            new TensorFormat(ends(tensor), tensor.shape()).append(text, 0, 0);
        }
        return text.toString();
    }

    /** What is shown, packed: only this is read back, however large the tensor is. No tape follows it. */
    private static Tensor ends(Tensor tensor) {
        Tensor ends = tensor.detach();
        for (int axis = 0; axis < tensor.rank(); axis++) {
            int size = tensor.size(axis);
            if (tensor.shape().elements() > SUMMARIZE_FROM && size > 2 * EDGE) {
                ends = TensorShaping.concat(
                        axis, List.of(ends.slice(axis, 0, EDGE), ends.slice(axis, size - EDGE, size)));
            }
        }
        return ends;
    }

    private IntFunction<String> cells(Tensor shown) {
        if (shown.dtype() == DType.BOOL) {
            return index -> values[index] != 0 ? "true" : "false";
        }
        if (shown.dtype().isIndex()) {
            long[] integers = shown.toLongs();
            return index -> Long.toString(integers[index]);
        }
        String pattern = pattern();
        return index -> Double.isFinite(values[index])
                ? String.format(Locale.ROOT, pattern, values[index])
                : Double.isNaN(values[index]) ? "nan" : values[index] > 0 ? "inf" : "-inf";
    }

    /** Exponents where magnitudes lie far apart, as NumPy does, else four decimals. */
    private String pattern() {
        double largest = 0;
        double smallest = Double.POSITIVE_INFINITY;
        for (double value : values) {
            double magnitude = Math.abs(value);
            if (Double.isFinite(magnitude) && magnitude > 0) {
                largest = Math.max(largest, magnitude);
                smallest = Math.min(smallest, magnitude);
            }
        }
        boolean wide = largest >= 1e8 || (largest > 0 && (smallest < 1e-4 || largest / smallest > 1000 * 1000));
        return wide ? "%.4e" : "%.4f";
    }

    private void append(StringBuilder text, int axis, int index) {
        if (axis == shape.rank()) {
            text.repeat(' ', Math.max(0, width - cell.apply(index).length())).append(cell.apply(index));
            return;
        }
        int size = shape.size(axis);
        boolean innermost = axis == shape.rank() - 1;
        text.append('[');
        for (int i = 0; i < size; i++) {
            separate(text, axis, i, innermost);
            if (i == EDGE && size < whole.size(axis)) {
                text.append("...");
                separate(text, axis, i, innermost);
            }
            append(text, axis + 1, index * size + i);
        }
        text.append(']');
    }

    private void separate(StringBuilder text, int axis, int i, boolean innermost) {
        if (i > 0 && innermost) {
            text.append(' ');
        } else if (i > 0) {
            text.repeat('\n', shape.rank() - 1 - axis).repeat(' ', axis + 1);
        }
    }
}
