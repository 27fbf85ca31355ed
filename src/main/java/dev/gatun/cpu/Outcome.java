package dev.gatun.cpu;

import dev.gatun.backend.BinaryFunction;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/**
 * Where a product goes: it is added up in {@code sum}, which begins as bias + addend, and ends in {@code result} as activation(sum).
 *
 * @param bias of the sum's rows and columns, with a row stride of 0; or null
 * @param addend of the sum's rows and columns, or null; the sum itself to add to what it holds
 * @param sum its rows have no gaps
 * @param activation a function, or null
 * @param result the sum where there is no activation, and else perhaps
 */
record Outcome(
        @Nullable Matrix bias,
        @Nullable Matrix addend,
        Matrix sum,
        @Nullable UnaryFunction activation,
        Matrix result) {
    Outcome rows(int from, int to) {
        return new Outcome(
                bias == null ? null : bias.rows(from, to),
                addend == null ? null : addend.rows(from, to),
                sum.rows(from, to),
                activation,
                result.rows(from, to));
    }

    Outcome columns(int from, int to) {
        return new Outcome(
                bias == null ? null : bias.columns(from, to),
                addend == null ? null : addend.columns(from, to),
                sum.columns(from, to),
                activation,
                result.columns(from, to));
    }

    /** Puts into the sum what the product is added to; false where that is nothing, and the sum undefined. */
    boolean begin(Kernels kernels) {
        Matrix first = addend == null ? bias : addend;
        if (first == null) {
            return false;
        }
        Matrix second = addend == null ? null : bias;
        if (second == null && first.equals(sum)) {
            return true;
        }
        boolean runs = first.columnStride() == 1 && (second == null || second.columnStride() == 1);
        for (int i = 0; i < sum.rows(); i++) {
            if (runs) {
                beginRow(kernels, first, second, sum, i);
            } else {
                beginStridedRow(kernels.dtype(), first, second, sum, i);
            }
        }
        return true;
    }

    private static void beginRow(Kernels kernels, Matrix first, @Nullable Matrix second, Matrix sum, int i) {
        long firstAt = first.offset() + i * first.rowStride();
        long sumAt = sum.offset() + i * sum.rowStride();
        if (second == null) {
            long size = kernels.dtype().byteSize();
            MemorySegment.copy(first.segment(), firstAt * size, sum.segment(), sumAt * size, sum.columns() * size);
        } else {
            kernels.elementwise()
                    .binary(
                            BinaryFunction.ADD,
                            first.segment(),
                            firstAt,
                            second.segment(),
                            second.offset() + i * second.rowStride(),
                            sum.segment(),
                            sumAt,
                            sum.columns());
        }
    }

    private static void beginStridedRow(DType dtype, Matrix first, @Nullable Matrix second, Matrix sum, int i) {
        for (int j = 0; j < sum.columns(); j++) {
            double value = get(dtype, first, i, j) + (second == null ? -0.0 : get(dtype, second, i, j));
            long at = sum.offset() + i * sum.rowStride() + j;
            if (dtype == DType.F32) {
                sum.segment().setAtIndex(ValueLayout.JAVA_FLOAT, at, (float) value);
            } else {
                sum.segment().setAtIndex(ValueLayout.JAVA_DOUBLE, at, value);
            }
        }
    }

    private static double get(DType dtype, Matrix matrix, int i, int j) {
        long at = matrix.offset() + i * matrix.rowStride() + j * matrix.columnStride();
        return dtype == DType.F32
                ? matrix.segment().getAtIndex(ValueLayout.JAVA_FLOAT, at)
                : matrix.segment().getAtIndex(ValueLayout.JAVA_DOUBLE, at);
    }

    /** Applies the activation to the sum, row by row, as every split of the product does. */
    void end(Kernels kernels) {
        if (activation == null) {
            return;
        }
        for (int i = 0; i < sum.rows(); i++) {
            kernels.elementwise()
                    .unary(
                            activation,
                            sum.segment(),
                            sum.offset() + i * sum.rowStride(),
                            result.segment(),
                            result.offset() + i * result.rowStride(),
                            sum.columns());
        }
    }
}
