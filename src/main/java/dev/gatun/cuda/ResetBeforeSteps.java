package dev.gatun.cuda;

import dev.gatun.backend.MatrixOps;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.WeightLayout;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;

/** What both passes over a stack use: its weights, what it keeps, its lengths on the device, and its kernels. */
final class ResetBeforeSteps {
    private static final String FAMILY = "cells";
    private static final long STEP_BYTES = 7 * Long.BYTES;

    final CudaRuntime runtime;
    final MatrixOps matrix;
    final RecurrentCall call;
    final RecurrentSpec spec;
    final ResetBeforeReserve kept;
    final Storage reserve;
    final Scratch scratch;
    private final View weights;
    private final WeightLayout layout;
    final PastLengths past;

    ResetBeforeSteps(
            CudaRuntime runtime,
            MatrixOps matrix,
            RecurrentCall call,
            View weights,
            ResetBeforeReserve kept,
            Storage reserve,
            Scratch scratch) {
        this.runtime = runtime;
        this.matrix = matrix;
        this.call = call;
        this.spec = call.spec();
        this.kept = kept;
        this.reserve = reserve;
        this.scratch = scratch;
        this.weights = weights;
        this.layout = WeightLayout.packed(spec);
        this.past = PastLengths.of(runtime, call, scratch);
    }

    DType dtype() {
        return weights.dtype();
    }

    /** A weight or bias of a layer and direction. */
    enum Kind {
        INPUT(0),
        RECURRENT(1),
        INPUT_BIAS(2),
        RECURRENT_BIAS(3);

        private final int place;

        Kind(int place) {
            this.place = place;
        }
    }

    /** Part of the packed weights, or of their gradients; null for a bias that the stack lacks. */
    @Nullable
    View partOrNull(View packed, Kind kind, int layer, int direction) {
        int perDirection = 2 + spec.bias().count();
        if (kind.place >= perDirection) {
            return null;
        }
        Layout entry = layout.entries()
                .get((layer * spec.directions() + direction) * perDirection + kind.place)
                .layout();
        return packed.with(Layout.contiguous(entry.shape(), packed.layout().offset() + entry.offset()));
    }

    @Nullable
    View bias(Kind kind, int layer, int direction) {
        return partOrNull(weights, kind, layer, direction);
    }

    /** The rows of a weight that belong to gates {@code from} to {@code to}. */
    View weight(Kind kind, int layer, int direction, int from, int to) {
        View whole = partOrNull(weights, kind, layer, direction);
        if (whole == null) {
            throw new IllegalStateException("gru: no " + kind);
        }
        return rows(whole, from, to);
    }

    View rows(View weight, int from, int to) {
        return weight.with(weight.layout().slice(0, from * spec.hiddenSize(), to * spec.hiddenSize()));
    }

    /** Columns of the gates {@code from} to {@code to}, along the last axis. */
    View gates(View view, int from, int to) {
        return view.with(view.layout().slice(-1, from * spec.hiddenSize(), to * spec.hiddenSize()));
    }

    /** One step, or state, of a time-major view. */
    static View at(View view, int place) {
        return view.with(view.layout().select(0, place));
    }

    /** Where the state before a step lies, and where the one after it: time runs backwards in the second direction. */
    static int before(int direction, int step) {
        return direction == 0 ? step : step + 1;
    }

    static int after(int direction, int step) {
        return direction == 0 ? step + 1 : step;
    }

    /** The n-th step that a direction takes. */
    int step(int direction, int n) {
        return direction == 0 ? n : call.steps() - 1 - n;
    }

    static View transposed(View matrix) {
        return matrix.with(matrix.layout().transpose(-1, -2));
    }

    /** Random numbers for the dropout above a layer; null where there is none. */
    @Nullable
    RandomStream dropoutAbove(int layer) {
        RandomStream stream = call.dropout();
        if (stream == null || spec.dropout() == 0 || layer == spec.layers() - 1) {
            return null;
        }
        long blocks = RecurrentCall.dropoutBlocks(spec, call.batch(), call.steps());
        return new RandomStream(stream.seed(), stream.offset() + layer * blocks);
    }

    /** Begins a kernel's call with the step that it is for. */
    KernelCall kernel(String name, int step, int outputStride) {
        KernelCall kernel = runtime.kernels().call(FAMILY, dtype(), name);
        MemorySegment struct = kernel.struct(STEP_BYTES);
        long[] values = {call.batch(), spec.hiddenSize(), spec.gateRows(), spec.hiddenSize(), outputStride};
        for (int i = 0; i < values.length; i++) {
            struct.setAtIndex(ValueLayout.JAVA_LONG, i, values[i]);
        }
        struct.setAtIndex(ValueLayout.JAVA_LONG, values.length, past.lengths().address());
        struct.setAtIndex(ValueLayout.JAVA_LONG, values.length + 1, step);
        return kernel;
    }

    long units() {
        return (long) call.batch() * spec.hiddenSize();
    }
}
