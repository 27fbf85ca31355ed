package dev.gatun.cpu.gemm;

/** What every product requires of its operands. */
final class Operands {
    private Operands() {}

    /** a [m, k] and c [m, n] must fit b [k, n], and rows of c must be runs. */
    static void check(Matrix a, int k, int n, Matrix c) {
        if (a.columns() != k || c.rows() != a.rows() || c.columns() != n) {
            throw new IllegalArgumentException("gemm: sizes do not fit: " + sizes(a.rows(), a.columns()) + " × "
                    + sizes(k, n) + " → " + sizes(c.rows(), c.columns()));
        }
        if (c.columnStride() != 1 && n > 1) {
            throw new IllegalArgumentException(
                    "gemm: c needs columns side by side, was given a column stride of " + c.columnStride());
        }
    }

    private static String sizes(int rows, int columns) {
        return "[" + rows + ", " + columns + "]";
    }
}
