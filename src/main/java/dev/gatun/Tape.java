package dev.gatun;

import dev.gatun.backend.View;
import dev.gatun.op.Op;
import dev.gatun.op.OpContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A scope that also records what is computed from parameters and watched tensors, for one backward pass (reverse-mode automatic
 * differentiation). Recording is training: dropout acts only while a tape is open.
 *
 * <pre>{@code
 * try (var tape = Tape.record()) {
 *     Tensor loss = Losses.crossEntropy(model.forward(x), labels);
 *     optimizer.step(tape.gradients(loss, model.parameters()));
 * }
 * }</pre>
 */
public final class Tape extends Scope {
    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Entry(Op op, OpContext context, int[] inputs, int[] outputs) {}

    static final int UNTRACKED = -1;

    private final Generator generator;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Tensor, Integer> leaves = new HashMap<>();
    private int values;
    private boolean consumed;

    private Tape(Generator generator) {
        this.generator = generator;
    }

    /** Opens a tape; dropout draws from the global generator. */
    public static Tape record() {
        return record(Generator.global());
    }

    /** Opens a tape whose dropout draws from a generator of one's own. */
    public static Tape record(Generator generator) {
        if (currentOrNull() != null) {
            throw new IllegalStateException("record: a tape is already open on this thread; tapes do not nest");
        }
        return new Tape(generator);
    }

    /** The tape that records on this thread, or null. */
    static @Nullable Tape currentOrNull() {
        Scope scope = Scope.currentOrNull();
        while (scope != null && !(scope instanceof Tape)) {
            scope = scope.outer();
        }
        return (Tape) scope;
    }

    /** Whether operations of this thread are being recorded. */
    public static boolean isRecording() {
        return currentOrNull() != null;
    }

    /** Whether the tape of this thread follows a tensor. */
    static boolean currentTracks(Tensor tensor) {
        Tape tape = currentOrNull();
        return tape != null && tape.tracks(tensor);
    }

    /** Where dropout under this tape draws from. */
    Generator generator() {
        return generator;
    }

    /** Makes a tensor that is no parameter one whose gradient can be asked for; returns it. */
    public Tensor watch(Tensor tensor) {
        checkUsable("watch");
        if (!tensor.dtype().isFloating()) {
            throw new IllegalArgumentException(
                    "watch: only F32, F64, BF16 and F16 have gradients, was given " + tensor.dtype());
        }
        valueOf(tensor, true);
        return tensor;
    }

    /** Whether gradients flow back to a tensor; once they were taken there is nothing left to record for. */
    boolean tracks(Tensor tensor) {
        return !consumed && isOnTape(tensor);
    }

    private boolean isOnTape(Tensor tensor) {
        return tensor.tape() == this || leaves.containsKey(tensor) || (tensor instanceof Parameter p && !p.isFrozen());
    }

    void add(Op op, OpContext context, @Nullable Tensor[] inputs, Tensor[] outputs) {
        int[] in = new int[inputs.length];
        for (int i = 0; i < in.length; i++) {
            Tensor input = inputs[i];
            in[i] = input != null && context.wants(i) ? valueOf(input, true) : UNTRACKED;
        }
        int[] out = new int[outputs.length];
        for (int i = 0; i < out.length; i++) {
            if (outputs[i].dtype().isFloating()) {
                out[i] = values++;
                outputs[i].record(this, out[i]);
            } else {
                out[i] = UNTRACKED;
            }
        }
        entries.add(new Entry(op, context, in, out));
    }

    private int valueOf(Tensor tensor, boolean create) {
        if (tensor.tape() == this) {
            return tensor.value();
        }
        Integer known = leaves.get(tensor);
        if (known == null && create) {
            known = values++;
            leaves.put(tensor, known);
        }
        return known == null ? UNTRACKED : known;
    }

    /**
     * The gradients of a loss, by one pass over the tape in reverse. What forward passes saved is released on the way, so a tape
     * gives gradients once. Tensors that the loss does not depend on have no gradient.
     *
     * @param loss one element, computed under this tape
     * @param tensors parameters, watched tensors, or results computed under this tape
     * @return gradients that live until this tape closes
     * @throws IllegalArgumentException if the loss is not a single number or does not depend on anything this tape watches
     * @throws IllegalStateException if the tape is closed or gave its gradients already
     */
    public Gradients gradients(Tensor loss, Collection<? extends Tensor> tensors) {
        checkUsable("gradients");
        if (loss.shape().elements() != 1) {
            throw new IllegalArgumentException("gradients: the loss must be a single number, was given " + loss.shape()
                    + "; reduce it with mean() or sum()");
        }
        return backward(loss, null, tensors);
    }

    /**
     * As {@link #gradients(Tensor, Collection)}, of Σ upstream · output: for an output whose gradient is known, without computing that
     * sum.
     *
     * @param output computed under this tape, of any shape
     * @param upstream the gradient by the output, of its shape and type, on its device
     * @throws IllegalArgumentException if it does not fit the output, or as {@link #gradients(Tensor, Collection)}
     */
    public Gradients gradients(Tensor output, Tensor upstream, Collection<? extends Tensor> tensors) {
        checkUsable("gradients");
        if (!upstream.shape().equals(output.shape())
                || upstream.dtype() != output.dtype()
                || upstream.device() != output.device()) {
            throw new IllegalArgumentException("gradients: the output is " + described(output)
                    + ", but the gradient by it is " + described(upstream));
        }
        return backward(output, upstream, tensors);
    }

    private static String described(Tensor tensor) {
        return tensor.dtype() + " " + tensor.shape() + " on " + tensor.device();
    }

    private Gradients backward(Tensor loss, @Nullable Tensor upstream, Collection<? extends Tensor> tensors) {
        checkLoss(loss);
        consumed = true;
        Backpropagation pass = new Backpropagation(loss.device().backend(), values);
        boolean[] asked = new boolean[values];
        for (Tensor tensor : tensors) {
            markAsked(asked, tensor);
        }
        try {
            if (upstream == null) {
                pass.start(valueOf(loss, false), loss.view());
            } else {
                pass.startWith(valueOf(loss, false), upstream.hold());
            }
            for (int i = entries.size() - 1; i >= 0; i--) {
                Entry entry = entries.get(i);
                pass.step(entry.op(), entry.context(), entry.inputs(), entry.outputs(), asked);
                entries.remove(i);
            }
            return collect(pass, loss.device(), tensors);
        } finally {
            pass.release();
        }
    }

    private void markAsked(boolean[] asked, Tensor tensor) {
        int value = valueOf(tensor, false);
        if (value != UNTRACKED) {
            asked[value] = true;
        }
        if (tensor instanceof Parameter part && part.whole() != null) {
            markAsked(asked, part.whole());
        }
    }

    private void checkLoss(Tensor loss) {
        if (consumed) {
            throw new IllegalStateException(
                    "gradients: this tape gave its gradients already; open a new tape for the next step");
        }
        if (loss.tape() != null && loss.tape() != this) {
            throw new IllegalArgumentException("gradients: the loss was computed under another tape");
        }
        if (valueOf(loss, false) == UNTRACKED) {
            throw new IllegalArgumentException(
                    "gradients: the loss does not depend on any parameter or watched tensor of this tape");
        }
    }

    private Gradients collect(Backpropagation pass, Device device, Collection<? extends Tensor> tensors) {
        Map<Tensor, Tensor> found = new HashMap<>();
        List<Tensor> order = new ArrayList<>();
        for (Tensor tensor : tensors) {
            View gradient = found.containsKey(tensor) ? null : gradientOf(pass, tensor);
            if (gradient != null) {
                Tensor wrapped = new Tensor(device, gradient);
                adopt(wrapped);
                found.put(tensor, wrapped);
                order.add(tensor);
            }
        }
        return new Gradients(device, order, found);
    }

    /** With a reference of its own: a tensor's gradient, and, for a part of a packed parameter, its part of that gradient. */
    private @Nullable View gradientOf(Backpropagation pass, Tensor tensor) {
        int value = valueOf(tensor, false);
        View own = value == UNTRACKED ? null : pass.take(value);
        if (!(tensor instanceof Parameter part) || part.whole() == null || part.isFrozen()) {
            return own;
        }
        int packed = valueOf(part.whole(), false);
        View slice;
        try {
            slice = packed == UNTRACKED ? null : pass.slice(packed, part.view().layout());
        } catch (Throwable thrown) {
            if (own != null) {
                own.storage().release();
            }
            throw thrown;
        }
        return own == null ? slice : slice == null ? own : pass.sum(own, slice);
    }

    @Override
    public void close() {
        try {
            super.close();
        } finally {
            if (isClosed()) {
                entries.forEach(entry -> entry.context().releaseSaved());
                entries.clear();
                leaves.clear();
            }
        }
    }
}
