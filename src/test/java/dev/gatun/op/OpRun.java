package dev.gatun.op;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** Runs an op forward and backward on a backend, in a type, and gives plain arrays back. */
final class OpRun {
    private final Backend backend;
    private final DType dtype;
    private final OpCase test;

    OpRun(Backend backend, DType dtype, OpCase test) {
        this.backend = backend;
        this.dtype = dtype;
        this.test = test;
    }

    /** Outputs as arrays, given the values of every input. */
    List<double[]> forward(List<double @Nullable []> values) {
        List<@Nullable View> inputs = upload(values);
        OpContext context = new OpContext(backend, wanted());
        View[] outputs = test.op().forward(context, inputs.toArray(new View[0]));
        context.complete();
        List<double[]> arrays = new ArrayList<>();
        for (View output : outputs) {
            arrays.add(read(output));
            output.storage().release();
        }
        context.releaseSaved();
        release(inputs);
        return arrays;
    }

    /** Gradients of every number input as seen through its own layout (row-major), null for the others. */
    List<double @Nullable []> gradients(List<double @Nullable []> values, List<double @Nullable []> cotangents) {
        List<@Nullable View> inputs = upload(values);
        OpContext context = new OpContext(backend, wanted());
        View[] outputs = test.op().forward(context, inputs.toArray(new View[0]));
        context.complete();
        @Nullable View[] upstream = new View[outputs.length];
        for (int i = 0; i < outputs.length; i++) {
            double[] cotangent = cotangents.get(i);
            if (cotangent != null) {
                upstream[i] = write(cotangent, dtype, Layout.contiguous(outputs[i].shape()));
            }
            outputs[i].storage().release();
        }
        @Nullable View[] gradients = test.op().backward(context, upstream);
        context.complete();
        List<double @Nullable []> arrays = new ArrayList<>();
        for (int i = 0; i < inputs.size(); i++) {
            View gradient = gradients[i];
            arrays.add(gradient == null || !wanted()[i] ? null : read(gradient));
            if (gradient != null) {
                gradient.storage().release();
            }
        }
        context.releaseSaved();
        release(inputs);
        for (View view : upstream) {
            if (view != null) {
                view.storage().release();
            }
        }
        return arrays;
    }

    /** Random cotangents for outputs of a floating type; all-null where there is nothing to differentiate. */
    List<double @Nullable []> cotangents(List<double[]> outputs) {
        Random random = new Random(99);
        List<double @Nullable []> cotangents = new ArrayList<>();
        for (double[] output : outputs) {
            cotangents.add(random.doubles(output.length, -1, 1).toArray());
        }
        return cotangents;
    }

    private boolean[] wanted() {
        boolean[] wanted = new boolean[test.inputs().size()];
        for (int i = 0; i < wanted.length; i++) {
            OpCase.Input input = test.inputs().get(i);
            wanted[i] = input != null && input.kind() == OpCase.Kind.NUMBERS;
        }
        return wanted;
    }

    private List<@Nullable View> upload(List<double @Nullable []> values) {
        List<@Nullable View> views = new ArrayList<>();
        for (int i = 0; i < values.size(); i++) {
            OpCase.Input input = test.inputs().get(i);
            double[] array = values.get(i);
            if (input == null || array == null) {
                views.add(null);
                continue;
            }
            DType type = switch (input.kind()) {
                case NUMBERS, CONSTANTS -> dtype;
                case INDICES -> DType.I64;
                case FLAGS -> DType.BOOL;
            };
            views.add(write(array, type, input.layout()));
        }
        return views;
    }

    private View write(double[] values, DType type, Layout layout) {
        View wide = allocate(DType.F64, values.length);
        backend.memory().write(MemorySegment.ofArray(values), wide.storage(), 0);
        View converted = allocate(type, values.length);
        backend.memory().copy(wide, converted);
        wide.storage().release();
        return new View(converted.storage(), type, layout);
    }

    private View allocate(DType type, int elements) {
        return new View(
                backend.memory().allocate((long) elements * type.byteSize()),
                type,
                Layout.contiguous(Shape.of(elements)));
    }

    private double[] read(View view) {
        View wide =
                new View(backend.memory().allocate(view.elements() * 8), DType.F64, Layout.contiguous(view.shape()));
        backend.memory().copy(view, wide);
        double[] values = new double[(int) view.elements()];
        backend.memory().read(wide.storage(), 0, MemorySegment.ofArray(values));
        wide.storage().release();
        return values;
    }

    private static void release(List<@Nullable View> views) {
        for (View view : views) {
            if (view != null) {
                view.storage().release();
            }
        }
    }
}
