package dev.gatun;

import dev.gatun.backend.View;
import dev.gatun.op.Op;
import dev.gatun.op.OpContext;
import org.jspecify.annotations.Nullable;

/** Runs ops on tensors: checks that the operands can meet, puts the results into the current scope, and tells the tape. */
final class Recorder {
    private Recorder() {}

    /** Runs an op of one output. */
    static Tensor apply(Op op, @Nullable Tensor... inputs) {
        return applyAll(op, inputs)[0];
    }

    /** Runs an op; absent optional inputs are null. */
    static Tensor[] applyAll(Op op, @Nullable Tensor... inputs) {
        Device device = deviceOf(op, inputs);
        Scope scope = Scope.current();
        Tape tape = Tape.currentOrNull();
        OpContext context = new OpContext(device.backend(), wanted(tape, inputs));
        View[] outputs = forward(op, context, inputs);
        Tensor[] tensors = new Tensor[outputs.length];
        for (int i = 0; i < outputs.length; i++) {
            tensors[i] = new Tensor(device, outputs[i]);
            scope.adopt(tensors[i]);
        }
        if (tape != null && context.recording()) {
            tape.add(op, context, inputs, tensors);
        }
        return tensors;
    }

    private static boolean[] wanted(@Nullable Tape tape, @Nullable Tensor[] inputs) {
        boolean[] wanted = new boolean[inputs.length];
        for (int i = 0; i < inputs.length; i++) {
            Tensor input = inputs[i];
            wanted[i] = tape != null && input != null && tape.tracks(input);
        }
        return wanted;
    }

    /** Operands are held for the whole pass: another thread may close one, or the collector find a forgotten parameter. */
    private static View[] forward(Op op, OpContext context, @Nullable Tensor[] inputs) {
        @Nullable View[] views = new View[inputs.length];
        try {
            for (int i = 0; i < inputs.length; i++) {
                Tensor input = inputs[i];
                views[i] = input == null ? null : input.hold();
            }
            View[] outputs = op.forward(context, views);
            context.complete();
            return outputs;
        } catch (Throwable thrown) {
            context.abandon();
            context.releaseSaved();
            throw thrown;
        } finally {
            for (View view : views) {
                if (view != null) {
                    view.storage().release();
                }
            }
        }
    }

    private static Device deviceOf(Op op, @Nullable Tensor... inputs) {
        Device device = null;
        for (Tensor input : inputs) {
            if (input == null) {
                continue;
            }
            if (device != null && device != input.device()) {
                throw new IllegalArgumentException(op.name() + ": operands lie on different devices: " + device
                        + " and " + input.device() + "; move one with to(device)");
            }
            device = input.device();
        }
        if (device == null) {
            throw new IllegalArgumentException(op.name() + ": needs at least one operand");
        }
        return device;
    }
}
