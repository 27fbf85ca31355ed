package dev.gatun.op;

import dev.gatun.backend.Backend;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** An op with inputs to check its gradients on. */
record OpCase(String title, Op op, List<@Nullable Input> inputs) {
    /** What an input holds: numbers that gradients are checked for, indices, or flags. */
    enum Kind {
        NUMBERS,
        CONSTANTS,
        INDICES,
        FLAGS
    }

    /** Values with the strides under which an op sees them; absent inputs of an op are null. */
    record Input(Kind kind, Layout layout, List<Double> values) {}

    @Override
    public String toString() {
        return op.name() + " " + title;
    }

    static OpCase of(String title, Op op) {
        return new OpCase(title, op, new ArrayList<>());
    }

    /** Contiguous numbers, drawn uniformly. */
    OpCase within(double low, double high, int... sizes) {
        return add(Kind.NUMBERS, Layout.contiguous(Shape.of(sizes)), low, high);
    }

    /** Contiguous numbers in [−1, 1). */
    OpCase numbers(int... sizes) {
        return within(-1, 1, sizes);
    }

    /** Numbers seen with their last two axes exchanged, so that they are not contiguous. */
    OpCase transposed(int... sizes) {
        int[] stored = sizes.clone();
        stored[sizes.length - 1] = sizes[sizes.length - 2];
        stored[sizes.length - 2] = sizes[sizes.length - 1];
        return add(Kind.NUMBERS, Layout.contiguous(Shape.of(stored)).transpose(-1, -2), -1, 1);
    }

    /** Numbers that get no gradient. */
    OpCase constants(double low, double high, int... sizes) {
        return add(Kind.CONSTANTS, Layout.contiguous(Shape.of(sizes)), low, high);
    }

    /** Flags, one in three true. */
    OpCase flags(int... sizes) {
        Shape shape = Shape.of(sizes);
        Random random = new Random(inputs.size() + 7L);
        return given(
                Kind.FLAGS,
                shape,
                random.doubles(shape.elements()).map(u -> u < 0.34 ? 1 : 0).toArray());
    }

    /** Given flags, 1 for true. */
    OpCase flags(Shape shape, double... values) {
        return given(Kind.FLAGS, shape, values);
    }

    /** Given indices. */
    OpCase indices(Shape shape, double... values) {
        return given(Kind.INDICES, shape, values);
    }

    /** Given numbers. */
    OpCase values(Shape shape, double... values) {
        return given(Kind.NUMBERS, shape, values);
    }

    /** An optional input that is not there. */
    OpCase absent() {
        inputs.add(null);
        return this;
    }

    /** The case as a backend can run it: recurrent weights are packed as the backend lays them out, gaps included. */
    OpCase on(Backend backend) {
        if (!(op instanceof RecurrentOp recurrent)) {
            return this;
        }
        OpCase fitted = of(title, op);
        for (Input input : inputs) {
            if (fitted.inputs.size() == RecurrentOp.WEIGHTS) {
                long elements =
                        backend.recurrent().weightLayout(recurrent.spec()).elements();
                fitted.within(-0.5, 0.5, Math.toIntExact(elements));
            } else {
                fitted.inputs.add(input);
            }
        }
        return fitted;
    }

    private OpCase given(Kind kind, Shape shape, double[] values) {
        List<Double> boxed = new ArrayList<>();
        for (double value : values) {
            boxed.add(value);
        }
        inputs.add(new Input(kind, Layout.contiguous(shape), boxed));
        return this;
    }

    private OpCase add(Kind kind, Layout layout, double low, double high) {
        Random random = new Random(inputs.size() * 31L + layout.shape().elements());
        List<Double> values = new ArrayList<>();
        for (long i = 0; i < layout.extent(); i++) {
            values.add(low + (high - low) * random.nextDouble());
        }
        inputs.add(new Input(kind, layout, values));
        return this;
    }
}
