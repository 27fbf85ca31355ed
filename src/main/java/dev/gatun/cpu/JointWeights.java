package dev.gatun.cpu;

import dev.gatun.backend.BiasMode;
import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.recurrent.Product;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Rows of a bias, of weight_ih and of weight_hh side by side, [b, W, R], packed transposed as the right operand of rows [1, x, h].
 *
 * @param input weight_ih of a layer and direction
 * @param recurrent weight_hh
 * @param mode which biases there are
 * @param folded for how many gates b_hh is part of b
 * @param bias makes b, which is added to the input projection, of what the weights are when they are packed; null where there is none
 */
record JointWeights(View input, View recurrent, BiasMode mode, int folded, Supplier<@Nullable View> bias) {
    /** Columns of [1, x]. */
    int inputs() {
        return input.size(1) + (mode == BiasMode.NONE ? 0 : 1);
    }

    /** Rows {@code from} to {@code to} of [b, W, R], or of [b, W], for all steps. */
    Product product(RecurrentProducts products, int from, int to, boolean withState) {
        int terms = inputs() + (withState ? recurrent.size(1) : 0);
        int gates = to - from;
        // A distance between rows that no matrix has tells this one from others, and from those with another bias.
        long kind = -1 - folded - 8L * mode.count();
        Matrix known = new Matrix(
                CpuStorage.readable(input),
                input.layout().offset() + (long) from * input.size(1),
                terms,
                gates,
                kind,
                input.size(1));
        Supplier<Matrix> parts = () -> {
            View joint = products.scratch().take(gates, terms);
            copy(joint, from, withState);
            return Matrix.rowMajor(CpuStorage.segment(joint), 0, gates, terms).transposed();
        };
        return products.kept(known, parts);
    }

    private void copy(View joint, int from, boolean withState) {
        View sum = bias.get();
        for (int i = 0; i < joint.size(0); i++) {
            long at = (long) i * joint.size(1);
            if (sum != null) {
                copy(sum, from + i, 1, joint, at);
            }
            copy(input, (long) (from + i) * input.size(1), input.size(1), joint, at + inputs() - input.size(1));
            if (withState) {
                copy(recurrent, (long) (from + i) * recurrent.size(1), recurrent.size(1), joint, at + inputs());
            }
        }
    }

    /** Copies elements counted from the beginning of each view. */
    private static void copy(View source, long from, int count, View target, long to) {
        int size = source.dtype().byteSize();
        MemorySegment.copy(
                CpuStorage.readable(source),
                (source.layout().offset() + from) * size,
                CpuStorage.segment(target),
                (target.layout().offset() + to) * size,
                (long) count * size);
    }
}
