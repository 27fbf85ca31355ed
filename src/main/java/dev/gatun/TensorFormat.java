package dev.gatun;

import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.Locale;
import java.util.function.IntFunction;

/** Tensors as text, the way NumPy prints arrays: nested brackets, columns aligned, long axes shortened to their ends. */
final class TensorFormat {
    private static final int SUMMARIZE_FROM = 1000;
    private static final int EDGE = 3;

    private final double[] values;
    private final Shape shape;
    private final boolean summarized;
    private final IntFunction<String> cell;
    private int width;

    private TensorFormat(Tensor tensor) {
        values = tensor.toDoubles();
        shape = tensor.shape();
        summarized = values.length > SUMMARIZE_FROM;
        cell = cells(tensor.dtype());
        forEachShown(0, 0, index -> width = Math.max(width, cell.apply(index).length()));
    }

    static String format(Tensor tensor) {
        TensorFormat format = new TensorFormat(tensor);
        StringBuilder text =
                new StringBuilder().append(tensor.dtype()).append(' ').append(tensor.shape());
        text.append(tensor.rank() > 1 ? "\n" : " ");
        format.append(text, 0, 0);
        return text.toString();
    }

    private IntFunction<String> cells(DType dtype) {
        if (dtype == DType.BOOL) {
            return index -> values[index] != 0 ? "true" : "false";
        }
        if (!dtype.isFloating()) {
            return index -> Long.toString((long) values[index]);
        }
        String pattern = pattern();
        return index -> Double.isFinite(values[index])
                ? String.format(Locale.ROOT, pattern, values[index])
                : Double.isNaN(values[index]) ? "nan" : values[index] > 0 ? "inf" : "-inf";
    }

    /** Exponents where magnitudes lie far apart, as NumPy does, else four decimals. */
    private String pattern() {
        double[] range = {0, Double.POSITIVE_INFINITY};
        forEachShown(0, 0, index -> {
            double magnitude = Math.abs(values[index]);
            if (Double.isFinite(magnitude) && magnitude > 0) {
                range[0] = Math.max(range[0], magnitude);
                range[1] = Math.min(range[1], magnitude);
            }
        });
        boolean wide = range[0] >= 1e8 || (range[0] > 0 && (range[1] < 1e-4 || range[0] / range[1] > 1000 * 1000));
        return wide ? "%.4e" : "%.4f";
    }

    private interface IndexAction {
        void accept(int index);
    }

    private void forEachShown(int axis, int index, IndexAction action) {
        if (axis == shape.rank()) {
            action.accept(index);
            return;
        }
        int size = shape.size(axis);
        for (int i = 0; i < size; i++) {
            if (!hidden(i, size)) {
                forEachShown(axis + 1, index * size + i, action);
            }
        }
    }

    private boolean hidden(int i, int size) {
        return summarized && size > 2 * EDGE && i >= EDGE && i < size - EDGE;
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
            if (hidden(i, size)) {
                separate(text, axis, i, innermost);
                text.append("...");
                i = size - EDGE - 1;
            } else {
                separate(text, axis, i, innermost);
                append(text, axis + 1, index * size + i);
            }
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
