package dev.gatun.cpu;

import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import dev.gatun.cpu.recurrent.Product;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** The weights of a stack laid out as right operands for all steps; what is not kept beyond the call goes with the scratch. */
final class RecurrentProducts {
    /** Columns of a thread's part of a product are a multiple of this: whole panels. */
    private static final int GRAIN = 64;

    /** Elements of weights from which on the product of one row is cut: it takes as long as its weights take to be read. */
    private static final long LARGE_WEIGHTS = 1 << 17;

    /** Blocks in which one thread reads the weights of one row to and fro. */
    private static final int BLOCKS = 4;

    private final RecurrentFrame frame;
    private final RecurrentSpec spec;
    private final Gemm gemm;
    private final RecurrentWeights weights;
    private final ScratchViews scratch;

    RecurrentProducts(RecurrentFrame frame, RecurrentWeights weights, ScratchViews scratch) {
        this.frame = frame;
        this.spec = frame.spec;
        this.gemm = frame.runtime.kernels(frame.dtype).gemm();
        this.weights = weights;
        this.scratch = scratch;
    }

    ScratchViews scratch() {
        return scratch;
    }

    /** With blocks of W_hhᵀ, cut at gates, and with W_hrᵀ where there is one. */
    Product[] forward(int layer, int d) {
        int[] cuts = frame.cell.cuts();
        List<Product> products = new ArrayList<>();
        for (int i = 0; i + 1 < cuts.length; i++) {
            products.add(transposed(recurrent(layer, d, cuts[i], cuts[i + 1])));
        }
        if (spec.projection() > 0) {
            products.add(transposed(matrix(weights.projection(layer, d))));
        }
        return products.toArray(new Product[0]);
    }

    /** The same of rows [1, x, h]: the first block is of [b, W_ih, W_hh]ᵀ; last comes a second one of [b, W_ih]ᵀ. */
    Product[] joint(int layer, int d, JointWeights joint) {
        int[] cuts = frame.cell.cuts();
        int size = spec.hiddenSize();
        List<Product> products = new ArrayList<>();
        products.add(joint.product(this, 0, cuts[1] * size, true));
        if (cuts.length > 2) {
            products.add(transposed(recurrent(layer, d, cuts[1], cuts[2])));
            products.add(joint.product(this, cuts[1] * size, cuts[2] * size, false));
        } else if (spec.projection() > 0) {
            products.add(transposed(matrix(weights.projection(layer, d))));
        }
        return products.toArray(new Product[0]);
    }

    /** With blocks of W_hh and with W_hr, for the way back. */
    Product[] backward(int layer, int d) {
        int[] cuts = frame.cell.cuts();
        long all = (long) spec.gateRows() * spec.stateSize();
        List<Product> products = new ArrayList<>();
        for (int i = 0; i + 1 < cuts.length; i++) {
            products.add(passing(recurrent(layer, d, cuts[i], cuts[i + 1]), all));
        }
        if (spec.projection() > 0) {
            Matrix projection = matrix(weights.projection(layer, d));
            products.add(passing(projection, elements(projection)));
        }
        return products.toArray(new Product[0]);
    }

    private Matrix recurrent(int layer, int d, int fromGate, int toGate) {
        int size = spec.hiddenSize();
        return matrix(weights.recurrent(layer, d)).rows(fromGate * size, toGate * size);
    }

    private static Matrix matrix(View view) {
        return Matrix.rowMajor(CpuStorage.readable(view), view.layout().offset(), view.size(0), view.size(1));
    }

    /** For products that come again in the next call, unless the weights have changed by then. */
    private Product transposed(Matrix block) {
        Matrix right = block.transposed();
        return kept(right, () -> right);
    }

    /** The same of a matrix put together from parts of the weights; {@code known} is what it is known by. */
    Product kept(Matrix known, Supplier<Matrix> parts) {
        int width = width(known, elements(known));
        return product(panels(known, width, parts), width);
    }

    /** Of each gate's rows of W_ih or W_hh, transposed, panels of so many columns. */
    PackedMatrix[][] gates(View rows, int width) {
        int size = spec.hiddenSize();
        PackedMatrix[][] gates = new PackedMatrix[spec.gateRows() / size][];
        for (int gate = 0; gate < gates.length; gate++) {
            Matrix right = matrix(rows).rows(gate * size, gate * size + size).transposed();
            gates[gate] = panels(right, width, () -> right);
        }
        return gates;
    }

    private PackedMatrix[] panels(Matrix known, int width, Supplier<Matrix> parts) {
        PackedOperand kept =
                CpuStorage.of(weights.packed().storage()).packed().find(frame.runtime, gemm, known, width, parts);
        if (kept == null) {
            return pack(parts.get(), width);
        }
        scratch.adopt(kept.memory());
        return kept.panels();
    }

    private Product passing(Matrix right, long all) {
        int width = width(right, all);
        return product(pack(right, width), width);
    }

    private PackedMatrix[] pack(Matrix right, int width) {
        PackedMatrix[] panels = new PackedMatrix[Math.ceilDiv(right.columns(), width)];
        for (int i = 0; i < panels.length; i++) {
            Matrix part = right.columns(i * width, Math.min(i * width + width, right.columns()));
            CpuStorage target = scratch.storage(gemm.packedBytes(part.rows(), part.columns()));
            panels[i] = gemm.pack(part, target.segment());
        }
        return panels;
    }

    private static long elements(Matrix matrix) {
        return (long) matrix.rows() * matrix.columns();
    }

    /**
     * Columns of a part: all, but of a single sequence's large weights, which threads share or one reads in blocks.
     *
     * @param all elements by which weights are large or not: the block's own or, on the way back, those of W_hh
     */
    private int width(Matrix right, long all) {
        boolean isAlone = frame.timeline.batch() == 1 && spec.directions() == 1;
        if (!isAlone || all < LARGE_WEIGHTS) {
            return right.columns();
        }
        int threads = frame.runtime.pool().threads();
        int parts = threads > 1 ? threads : frame.timeline.rows() > 1 ? BLOCKS : 1;
        return Math.ceilDiv(Math.ceilDiv(right.columns(), parts), GRAIN) * GRAIN;
    }

    private Product product(PackedMatrix[] panels, int width) {
        if (panels.length == 1) {
            return (a, accumulate, c) -> gemm.multiply(a, panels[0], accumulate, c);
        }
        WorkerPool pool = frame.runtime.pool();
        if (pool.threads() == 1) {
            return new AlternatingProduct(gemm, panels);
        }
        return (a, accumulate, c) -> pool.run(panels.length, i -> {
            int from = i * width;
            gemm.multiply(a, panels[i], accumulate, c.columns(from, Math.min(from + width, c.columns())));
        });
    }
}
