package dev.gatun.backend.conformance;

import dev.gatun.backend.Backend;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import org.jspecify.annotations.Nullable;

/// One recurrent stack with numbers for its inputs and for the gradients that arrive at its outputs, run on a backend.
///
/// @param initial whether there is an initial state
public record RecurrentRun(Backend backend, RecurrentCall call, boolean initial) {
    /// Inputs of a run, h0 and c0 being zero where there is no initial state.
    @SuppressWarnings("ArrayRecordComponent") // carries numbers, never compared
    public record Inputs(double[] x, double[] h0, double[] c0, double[] weights) {}

    /// Gradients of Σ y · dy + Σ hn · dhn + Σ cn · dcn.
    @SuppressWarnings("ArrayRecordComponent") // carries numbers, never compared
    public record Gradients(double[] dx, double[] dh0, double[] dc0, double[] dweights) {}

    /// What a forward and a backward pass gave.
    public record Outcome(ReferenceRecurrent.Result outputs, Gradients gradients) {}

    private RecurrentSpec spec() {
        return call.spec();
    }

    Shape input() {
        return Shape.of(call.batch(), call.steps(), spec().inputSize());
    }

    Shape output() {
        return Shape.of(call.batch(), call.steps(), spec().outputSize());
    }

    Shape hidden() {
        return Shape.of(spec().layers() * spec().directions(), call.batch(), spec().stateSize());
    }

    Shape cells() {
        return Shape.of(spec().layers() * spec().directions(), call.batch(), spec().hiddenSize());
    }

    Shape weights() {
        return Shape.of(Math.toIntExact(backend.recurrent().weightLayout(spec()).elements()));
    }

    /// Numbers that saturate nothing; what lies past a length is NaN, which must not matter.
    public Inputs inputs(long seed) {
        double[] x = Workbench.numbers(input().elements(), 1, seed);
        int row = call.steps() * spec().inputSize();
        for (int b = 0; call.lengths() != null && b < call.batch(); b++) {
            for (int i = call.lengths()[b] * spec().inputSize(); i < row; i++) {
                x[b * row + i] = Double.NaN;
            }
        }
        return new Inputs(
                x,
                states(hidden(), initial, seed + 1),
                states(cells(), initial && spec().cell().hasCell(), seed + 2),
                Workbench.numbers(weights().elements(), 1.5 / Math.sqrt(spec().hiddenSize()), seed + 3));
    }

    /// The gradients that arrive: dy, dhn, dcn.
    public double[][] upstream(long seed) {
        return new double[][] {
            Workbench.numbers(output().elements(), 1, seed + 4),
            states(hidden(), true, seed + 5),
            states(cells(), spec().cell().hasCell(), seed + 6)
        };
    }

    private static double[] states(Shape shape, boolean given, long seed) {
        long count = shape.elements();
        return given ? Workbench.numbers(count, 1, seed) : new double[Math.toIntExact(count)];
    }

    /// Without anything kept for a backward pass.
    public ReferenceRecurrent.Result infer(DType dtype, Inputs inputs) {
        try (Workbench bench = new Workbench(backend)) {
            Views views = new Views(bench, dtype, inputs);
            views.forward(null);
            return views.outputs();
        }
    }

    /// Both passes. Gradients that do not arrive are null.
    public Outcome train(DType dtype, Inputs inputs, double @Nullable [][] upstream) {
        return train(dtype, inputs, upstream, true, true);
    }

    /// The same with the gradients of x, h0 and c0 alone, or with those of the weights alone; the others are empty.
    Outcome train(DType dtype, Inputs inputs, double @Nullable [][] upstream, boolean ofInputs, boolean ofWeights) {
        Storage reserve = backend.memory().allocate(backend.recurrent().reserveBytes(call, dtype));
        try (Workbench bench = new Workbench(backend)) {
            Views views = new Views(bench, dtype, inputs);
            views.forward(reserve);
            return new Outcome(views.outputs(), views.backward(reserve, upstream, ofInputs, ofWeights));
        } finally {
            reserve.release();
        }
    }

    private final class Views {
        private final Workbench bench;
        private final DType dtype;
        private final View x;
        private final @Nullable View h0;
        private final @Nullable View c0;
        private final View weights;
        private final View y;
        private final View hn;
        private final @Nullable View cn;

        Views(Workbench bench, DType dtype, Inputs inputs) {
            boolean hasCell = spec().cell().hasCell();
            this.bench = bench;
            this.dtype = dtype;
            x = bench.view(dtype, input(), inputs.x());
            h0 = initial ? bench.view(dtype, hidden(), inputs.h0()) : null;
            c0 = initial && hasCell ? bench.view(dtype, cells(), inputs.c0()) : null;
            weights = bench.view(dtype, RecurrentRun.this.weights(), inputs.weights());
            y = bench.blank(dtype, output());
            hn = bench.blank(dtype, hidden());
            cn = hasCell ? bench.blank(dtype, cells()) : null;
        }

        void forward(@Nullable Storage reserve) {
            backend.recurrent().forward(call, x, h0, c0, weights, y, hn, cn, reserve);
        }

        ReferenceRecurrent.Result outputs() {
            double[] cell = cn == null ? new double[(int) cells().elements()] : bench.read(cn);
            return new ReferenceRecurrent.Result(bench.read(y), bench.read(hn), cell);
        }

        Gradients backward(Storage reserve, double @Nullable [][] upstream, boolean ofInputs, boolean ofWeights) {
            View dy = given(output(), upstream[0]);
            View dhn = given(hidden(), upstream[1]);
            View dcn = cn == null ? null : given(cells(), upstream[2]);
            View dx = ofInputs ? bench.blank(dtype, input()) : null;
            View dh0 = h0 == null || !ofInputs ? null : bench.blank(dtype, hidden());
            View dc0 = c0 == null || !ofInputs ? null : bench.blank(dtype, cells());
            View dweights = ofWeights ? bench.blank(dtype, RecurrentRun.this.weights()) : null;
            backend.recurrent().backward(call, x, h0, c0, weights, y, reserve, dy, dhn, dcn, dx, dh0, dc0, dweights);
            return new Gradients(read(dx), read(dh0), read(dc0), read(dweights));
        }

        private @Nullable View given(Shape shape, double @Nullable [] values) {
            return values == null ? null : bench.view(dtype, shape, values);
        }

        private double[] read(@Nullable View view) {
            return view == null ? new double[0] : bench.read(view);
        }
    }
}
