package dev.gatun.cpu;

import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.cpu.gemm.PackedMatrix;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.cpu.recurrent.Cell;
import dev.gatun.cpu.recurrent.ForwardPass;
import dev.gatun.cpu.recurrent.Product;
import dev.gatun.cpu.recurrent.StepRows;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/**
 * One sequence through a layer that keeps nothing: each thread has a slice of the hidden units with all their gates, and goes through
 * the steps together with the others. Of these it reads the hidden states alone, which lie in two rows that take turns.
 */
final class SequenceSlices {
    /** Units of a slice are a multiple of this: whole panels. */
    private static final long GRAIN = 32;

    /** The fewest recurrent weights of a slice: fewer take less time to be read than threads to meet. */
    private static final long SLICE_WEIGHTS = 1 << 15;

    /** Multiplications of all steps from which on it pays to wake threads. */
    private static final long LEAST_WORK = 1 << 18;

    private final RecurrentFrame frame;
    private final ScratchViews scratch;
    private final Layer layer;
    private final int size;
    private final int units;
    private final PackedMatrix[][] input;
    private final PackedMatrix[][] recurrent;
    private final View turns;

    /**
     * What there is of a layer.
     *
     * @param input [rows, features]
     * @param bias of the gates, added to the input's projection, or null
     * @param candidateBias as in {@link ForwardPass}
     * @param states the initial ones, and then the last
     * @param output where the hidden states go
     */
    record Layer(
            int index,
            View input,
            @Nullable View bias,
            StepRows candidateBias,
            RecurrentStates states,
            StepRows output) {}

    /** One thread's part; {@code after} is where others read the states that a step leaves. */
    private record Slice(int from, Matrix gates, Cell cell, ForwardPass pass, StepRows after) {}

    SequenceSlices(RecurrentFrame frame, RecurrentWeights weights, Layer layer, ScratchViews scratch) {
        this.frame = frame;
        this.scratch = scratch;
        this.layer = layer;
        this.size = frame.spec.hiddenSize();
        long most = (long) frame.spec.gateRows() * frame.spec.stateSize() / SLICE_WEIGHTS;
        long threads = Math.min(frame.runtime.pool().threads(), most);
        this.units = Math.toIntExact(Math.ceilDiv(Math.ceilDiv(size, threads), GRAIN) * GRAIN);
        RecurrentProducts products = new RecurrentProducts(frame, weights, scratch);
        this.input = products.gates(weights.input(layer.index(), 0), units);
        this.recurrent = products.gates(weights.recurrent(layer.index(), 0), units);
        this.turns = scratch.take(2, size);
    }

    /** Whether a layer can go this way, and is large enough to gain by it. */
    static boolean suits(RecurrentFrame frame) {
        boolean isAlone = frame.timeline.batch() == 1 && frame.spec.directions() == 1 && !frame.reserve.isJoint();
        long matrix = (long) frame.spec.gateRows() * frame.spec.stateSize();
        boolean isLarge = matrix >= 2 * SLICE_WEIGHTS && (double) matrix * frame.timeline.rows() >= LEAST_WORK;
        return isAlone && isLarge && frame.runtime.pool().threads() > 1 && frame.cell.isDivisible();
    }

    /** Takes the states through all steps. */
    void run() {
        Slice[] slices = new Slice[Math.ceilDiv(size, units)];
        for (int i = 0; i < slices.length; i++) {
            slices[i] = slice(i);
        }
        layer.states().hidden().copyTo(turn(false), 0, 0, size);
        WorkerPool pool = frame.runtime.pool();
        pool.run(slices.length, part -> project(part, slices[part]));
        Lockstep.run(pool, slices.length, frame.timeline.rows(), (step, part) -> step(step, slices[part]));
    }

    private Slice slice(int index) {
        int from = index * units;
        int own = Math.min(units, size - from);
        int rows = frame.timeline.rows();
        int columns = frame.spec.gateRows() / size * own;
        CpuStorage storage = scratch.storage(((long) rows * columns + own) * frame.dtype.byteSize());
        View gates = new View(storage, frame.dtype, Layout.contiguous(Shape.of(rows, columns)));
        StepRows hidden = layer.states().hidden().from(from);
        ForwardPass pass = new ForwardPass(
                false,
                null,
                products(index),
                frame.packedRows(gates, 0),
                StepRows.NONE,
                frame.timeline.states(storage.segment(), frame.dtype, gates.elements(), own),
                hidden,
                layer.states().cell().from(from),
                hidden,
                hidden,
                turn(false),
                layer.output().from(from),
                layer.candidateBias().from(from));
        Matrix all = Matrix.rowMajor(storage.segment(), 0, rows, columns);
        return new Slice(from, all, frame.cell.ofUnits(own), pass, turn(true).from(from));
    }

    private StepRows turn(boolean isOther) {
        return frame.timeline.alternating(
                CpuStorage.segment(turns), frame.dtype, turns.layout().offset(), size, isOther);
    }

    /** For the blocks of gates that the cell asks for, with a slice's columns of each gate. */
    private Product[] products(int index) {
        int[] cuts = frame.cell.cuts();
        Product[] products = new Product[cuts.length - 1];
        for (int i = 0; i < products.length; i++) {
            PackedMatrix[] panels = new PackedMatrix[cuts[i + 1] - cuts[i]];
            for (int gate = 0; gate < panels.length; gate++) {
                panels[gate] = recurrent[cuts[i] + gate][index];
            }
            products[i] = new AlternatingProduct(kernels().gemm(), panels);
        }
        return products;
    }

    /** gates = input · W_ihᵀ + bias for all steps. */
    private void project(int index, Slice slice) {
        Matrix x = Matrix.rowMajor(
                CpuStorage.readable(layer.input()),
                layer.input().layout().offset(),
                layer.input().size(0),
                layer.input().size(1));
        int own = slice.cell().hidden();
        for (int gate = 0; gate < input.length; gate++) {
            Matrix target = slice.gates().columns(gate * own, gate * own + own);
            Outcome sum = new Outcome(bias(gate * size + slice.from(), target), null, target, null, target);
            kernels().gemm().multiply(x, input[gate][index], sum.begin(kernels()), target);
        }
    }

    private @Nullable Matrix bias(int from, Matrix target) {
        View bias = layer.bias();
        return bias == null
                ? null
                : new Matrix(
                        CpuStorage.readable(bias),
                        bias.layout().offset() + from,
                        target.rows(),
                        target.columns(),
                        0,
                        1);
    }

    private static void step(int step, Slice slice) {
        slice.cell().forward(slice.pass(), step, 0, 1);
        slice.pass().hidden().copyTo(slice.after(), step, 0, slice.cell().hidden());
    }

    private Kernels kernels() {
        return frame.runtime.kernels(frame.dtype);
    }
}
