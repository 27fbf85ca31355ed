package dev.gatun.cuda;

import dev.gatun.backend.View;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * A matrix, or many of one shape, as BLAS sees it: rows or columns without gaps, a leading dimension between them.
 *
 * @param view [..., rows, columns]
 * @param transposed whether memory holds the columns one after another
 * @param leading elements between neighbouring rows, or columns when transposed
 */
record GemmOperand(View view, boolean transposed, int leading) {
    /** The operand for a view; null where neither its rows nor its columns are without gaps, so that a copy is needed. */
    static @Nullable GemmOperand of(View view) {
        int rows = view.size(-2);
        int columns = view.size(-1);
        long down = rows == 1 ? columns : view.layout().stride(-2);
        long across = columns == 1 ? rows : view.layout().stride(-1);
        if ((columns == 1 || across == 1) && fits(down, columns)) {
            return new GemmOperand(view, false, (int) down);
        }
        if ((rows == 1 || view.layout().stride(-2) == 1) && fits(across, rows)) {
            return new GemmOperand(view, true, (int) across);
        }
        return null;
    }

    private static boolean fits(long leading, int run) {
        return leading >= run && leading <= Integer.MAX_VALUE;
    }

    /** The distance between one matrix and the next where it is the same for all, counted over all leading axes; null where it is not. */
    @Nullable
    Long batchStride(int matrices) {
        Layout flat = view.layout().reshape(Shape.of(matrices, view.size(-2), view.size(-1)));
        return flat == null ? null : matrices == 1 ? Long.valueOf(0) : Long.valueOf(flat.stride(0));
    }
}
