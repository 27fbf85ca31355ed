package dev.gatun.op;

import dev.gatun.backend.RandomStream;
import dev.gatun.backend.RecurrentCall;
import dev.gatun.backend.RecurrentOps;
import dev.gatun.backend.RecurrentSpec;
import dev.gatun.backend.View;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A stack of recurrent layers over whole sequences: one op, whatever the number of layers and steps. Inputs x [batch, steps,
 * inputSize], the packed weights, h0 [layers · directions, batch, stateSize] and c0 [layers · directions, batch, hiddenSize], or null;
 * outputs y [batch, steps, directions · stateSize], hn of the shape of h0 and, for an LSTM, cn of that of c0.
 *
 * @param spec the stack
 * @param lengths steps of each sequence, in any order, null when all have as many as x; never changed from now on
 * @param dropout where dropout between layers takes its randomness, null for none
 */
@SuppressWarnings("ArrayRecordComponent") // passed through once, never compared
public record RecurrentOp(
        RecurrentSpec spec,
        int @Nullable [] lengths,
        @Nullable RandomStream dropout) implements Op {
    private static final int X = 0;
    /** The place of the packed weights among the inputs. */
    static final int WEIGHTS = 1;

    private static final int H0 = 2;
    private static final int C0 = 3;
    private static final int Y = 4;
    private static final int RESERVE = 5;

    @Override
    public String name() {
        return spec.cell().layer();
    }

    @Override
    public View[] forward(OpContext context, @Nullable View[] inputs) {
        View x = Check.floating(this, inputs, X);
        View weights = Check.present(this, inputs, WEIGHTS);
        RecurrentOps recurrent = context.backend().recurrent();
        RecurrentCall call = call(x);
        Check.matches(this, "weights", weights, x.dtype(), weightShape(recurrent));
        Shape hidden = hidden(call);
        Shape cells = spec.projection() > 0 ? cells(call) : hidden;
        View h0 = state(context, "h0", inputs[H0], x, hidden);
        View c0 = state(context, "c0", inputs[C0], x, cells);
        checkCellState(h0, c0);
        x = context.contiguous(x);
        weights = context.contiguous(weights);
        View y = context.allocate(x.dtype(), Shape.of(call.batch(), call.steps(), spec.outputSize()));
        View hn = context.allocate(x.dtype(), hidden);
        View cn = spec.cell().hasCell() ? context.allocate(x.dtype(), cells) : null;
        View reserve = context.recording() ? context.scratchBytes(recurrent.reserveBytes(call, x.dtype())) : null;
        recurrent.forward(call, x, h0, c0, weights, y, hn, cn, reserve == null ? null : reserve.storage());
        context.save(x, weights, h0, c0, y, reserve);
        return cn == null ? new View[] {y, hn} : new View[] {y, hn, cn};
    }

    @Override
    public @Nullable View[] backward(OpContext context, @Nullable View[] upstream) {
        View x = context.saved(X);
        RecurrentCall call = call(x);
        View dx = gradient(context, X, x.shape());
        View dweights = gradient(context, WEIGHTS, context.saved(WEIGHTS).shape());
        View dh0 = gradient(context, H0, hidden(call));
        View dc0 = gradient(context, C0, cells(call));
        context.backend()
                .recurrent()
                .backward(
                        call,
                        x,
                        context.savedOrNull(H0),
                        context.savedOrNull(C0),
                        context.saved(WEIGHTS),
                        context.saved(Y),
                        context.saved(RESERVE).storage(),
                        upstream(context, upstream, 0),
                        upstream(context, upstream, 1),
                        upstream(context, upstream, 2),
                        dx,
                        dh0,
                        dc0,
                        dweights);
        return new @Nullable View[] {dx, dweights, dh0, dc0};
    }

    private RecurrentCall call(View x) {
        Check.that(
                x.rank() == 3 && x.size(2) == spec.inputSize(),
                this,
                "input must be [batch, steps, %d], was given %s",
                spec.inputSize(),
                x.shape());
        int batch = x.size(0);
        int steps = x.size(1);
        if (lengths != null) {
            Check.that(lengths.length == batch, this, "%d lengths for a batch of %d", lengths.length, batch);
            Check.that(
                    Arrays.stream(lengths).allMatch(length -> length >= 0 && length <= steps),
                    this,
                    "lengths must be from 0 to %d, the steps of the input; was given %s",
                    steps,
                    Arrays.toString(lengths));
        }
        return new RecurrentCall(spec, batch, steps, lengths, dropout);
    }

    private Shape hidden(RecurrentCall call) {
        return Shape.of(spec.layers() * spec.directions(), call.batch(), spec.stateSize());
    }

    private Shape cells(RecurrentCall call) {
        return Shape.of(spec.layers() * spec.directions(), call.batch(), spec.hiddenSize());
    }

    private Shape weightShape(RecurrentOps recurrent) {
        return Shape.of(Math.toIntExact(recurrent.weightLayout(spec).elements()));
    }

    private @Nullable View state(OpContext context, String role, @Nullable View given, View x, Shape shape) {
        if (given == null) {
            return null;
        }
        Check.matches(this, role, given, x.dtype(), shape);
        return context.contiguous(given);
    }

    private void checkCellState(@Nullable View h0, @Nullable View c0) {
        if (spec.cell().hasCell()) {
            Check.that((h0 == null) == (c0 == null), this, "the initial state needs both h0 and c0, or neither");
        } else {
            Check.that(c0 == null, this, "was given c0, but only an LSTM has a cell state");
        }
    }

    private static @Nullable View gradient(OpContext context, int input, Shape shape) {
        return context.wants(input) ? context.allocate(context.saved(X).dtype(), shape) : null;
    }

    private static @Nullable View upstream(OpContext context, @Nullable View[] upstream, int output) {
        View view = output < upstream.length ? upstream[output] : null;
        return view == null ? null : context.contiguous(view);
    }
}
