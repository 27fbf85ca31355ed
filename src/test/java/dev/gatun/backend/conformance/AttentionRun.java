package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertClose;

import dev.gatun.backend.AttentionCall;
import dev.gatun.backend.Backend;
import dev.gatun.backend.Precision;
import dev.gatun.backend.RandomStream;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.AttentionReference.Sizes;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** One attention on a backend and in the reference. */
final class AttentionRun {
    /** Where dropout takes its randomness. */
    static final RandomStream STREAM = new RandomStream(0x1234_5678_9abc_def0L, 0xffff_fff0L);

    /** What a query may attend to. */
    enum Mask {
        NONE,
        CAUSAL,
        PADDING,
        CAUSAL_PADDING,
        ADDITIVE,
        ADDITIVE_PER_HEAD,
        ADDITIVE_TRANSPOSED,
        ADDITIVE_PER_QUERY,
        ADDITIVE_PADDING,
        BOOLEAN,
        BOOLEAN_SPACED,
        BOOLEAN_PER_KEY,
        BOOLEAN_CAUSAL_PADDING,
        LENGTHS,
        CAUSAL_LENGTHS,
        LENGTHS_OF_NONE;

        boolean isCausal() {
            return name().contains("CAUSAL");
        }

        boolean isPadding() {
            return name().contains("PADDING");
        }

        /** Whether padding is what follows the first keys, of which the host knows how many there are. */
        boolean hasLengths() {
            return name().contains("LENGTHS");
        }

        boolean isAdditive() {
            return name().contains("ADDITIVE");
        }

        boolean isBoolean() {
            return name().contains("BOOLEAN");
        }

        /** The mask's own shape. */
        Shape shape(Sizes sizes) {
            return switch (this) {
                case ADDITIVE_PER_HEAD -> Shape.of(sizes.batch(), sizes.heads(), sizes.queries(), sizes.keys());
                case ADDITIVE_PER_QUERY -> Shape.of(sizes.batch(), 1, sizes.queries(), 1);
                case BOOLEAN_PER_KEY -> Shape.of(sizes.heads(), 1, sizes.keys());
                case BOOLEAN -> Shape.of(sizes.batch(), 1, sizes.queries(), sizes.keys());
                default -> Shape.of(sizes.queries(), sizes.keys());
            };
        }

        Arrangement arrangement() {
            return switch (this) {
                case ADDITIVE_TRANSPOSED -> Arrangement.TRANSPOSED;
                case BOOLEAN_SPACED -> Arrangement.SPACED;
                default -> Arrangement.OFFSET;
            };
        }
    }

    private final Backend backend;
    private final Workbench bench;
    private final Sizes sizes;
    private final DType dtype;
    private final String what;
    private final AttentionCall call;
    private final AttentionReference reference;
    private final View q;
    private final View k;
    private final View v;
    private final View y;
    private final View reserve;
    private final @Nullable View bias;
    private final @Nullable View keyPadding;

    AttentionRun(
            Backend backend,
            Workbench bench,
            Sizes sizes,
            Mask mask,
            DType dtype,
            Precision precision,
            double dropout,
            boolean hasWeights) {
        this.backend = backend;
        this.bench = bench;
        this.sizes = sizes;
        this.dtype = dtype;
        this.what = sizes + " " + mask + " " + dtype + " as " + precision + " dropout " + dropout + " weights "
                + hasWeights;
        int[] lengths = mask.hasLengths() ? lengths(mask) : null;
        this.call = new AttentionCall(
                0.7, mask.isCausal(), dropout, dropout == 0 ? null : STREAM, hasWeights, lengths, precision);
        this.reference = new AttentionReference(sizes, 0.7);
        this.q = operand(sizes.queries(), sizes.headSize(), 1);
        this.k = operand(sizes.keys(), sizes.headSize(), 2);
        this.v = operand(sizes.keys(), sizes.valueSize(), 3);
        this.y = blank(sizes.queries(), sizes.valueSize());
        if (mask.isCausal()) {
            reference.causal();
        }
        this.bias = mask.isAdditive() ? additive(mask) : mask.isBoolean() ? blocking(mask) : null;
        this.keyPadding = lengths != null ? padding(lengths) : mask.isPadding() ? padding() : null;
        if (dropout > 0) {
            reference.dropping(dropout, STREAM);
        }
        reference.run(bench.read(q), bench.read(k), bench.read(v));
        long bytes = backend.attention().reserveBytes(call, q, k, v, bias, keyPadding);
        this.reserve = bench.blank(DType.BOOL, Shape.of(Math.toIntExact(bytes)));
    }

    /** From all keys down to one, or to none. */
    private int[] lengths(Mask mask) {
        int fewest = mask == Mask.LENGTHS_OF_NONE ? 0 : 1;
        return IntStream.range(0, sizes.batch())
                .map(b -> Math.max(fewest, sizes.keys() - b * Math.ceilDiv(sizes.keys(), 2)))
                .toArray();
    }

    private View padding(int... lengths) {
        Shape shape = Shape.of(sizes.batch(), sizes.keys());
        double[] flags = new double[Math.toIntExact(shape.elements())];
        Arrays.setAll(flags, i -> i % sizes.keys() < lengths[i / sizes.keys()] ? 0 : 1);
        View view = bench.view(DType.BOOL, Arrangement.SLICED, shape, flags);
        reference.padding(bench.read(view));
        return view;
    }

    /** [batch, heads, rows, columns] as modules give it: heads inside the steps, within a wider row. */
    private Layout heads(int rows, int columns) {
        return Layout.contiguous(Shape.of(sizes.batch(), rows, sizes.heads(), columns + 1), 3)
                .slice(3, 0, columns)
                .transpose(1, 2);
    }

    private View blank(int rows, int columns) {
        return bench.blank(dtype, heads(rows, columns));
    }

    private View operand(int rows, int columns, int seed) {
        View view = blank(rows, columns);
        bench.write(view, Workbench.numbers(view.elements(), 1, seed));
        return view;
    }

    private Shape scores() {
        return Shape.of(sizes.batch(), sizes.heads(), sizes.queries(), sizes.keys());
    }

    private View additive(Mask mask) {
        Shape shape = mask.shape(sizes);
        double[] numbers = Workbench.numbers(shape.elements(), 2, 4);
        SplittableRandom random = new SplittableRandom(5);
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = random.nextInt(4) == 0 ? Double.NEGATIVE_INFINITY : numbers[i];
        }
        if (shape.elements() > 0) {
            Arrays.fill(numbers, 0, shape.size(-1), Double.NEGATIVE_INFINITY);
        }
        View view = bench.view(dtype, mask.arrangement(), shape, numbers);
        View full = Workbench.broadcast(view, scores());
        reference.adding(bench.read(full));
        return full;
    }

    private View blocking(Mask mask) {
        View view = flags(mask.shape(sizes), mask.arrangement(), 6);
        View full = Workbench.broadcast(view, scores());
        reference.blocking(bench.read(full));
        return full;
    }

    private View padding() {
        View view = flags(Shape.of(sizes.batch(), sizes.keys()), Arrangement.SLICED, 7);
        reference.padding(bench.read(view));
        return view;
    }

    /** One in three is set, and all of the first row. */
    private View flags(Shape shape, Arrangement arrangement, int seed) {
        SplittableRandom random = new SplittableRandom(seed);
        double[] flags = new double[Math.toIntExact(shape.elements())];
        for (int i = 0; i < flags.length; i++) {
            flags[i] = i < shape.size(-1) || random.nextInt(3) == 0 ? 1 : 0;
        }
        return bench.view(DType.BOOL, arrangement, shape, flags);
    }

    void checkForward(boolean recording) {
        View weights = call.hasWeights() ? bench.blank(dtype, scores()) : null;
        Storage kept = recording ? reserve.storage() : null;
        backend.attention().forward(call, q, k, v, bias, keyPadding, y, weights, kept);
        compare(reference.y, y, "y");
        if (weights != null) {
            compare(reference.weights, weights, "weights");
        }
    }

    void checkBackward(boolean withWeights) {
        View dy = operand(sizes.queries(), sizes.valueSize(), 8);
        View dweights = withWeights
                ? Workbench.broadcast(
                        bench.view(
                                dtype,
                                scores().with(1, 1),
                                Workbench.numbers(scores().with(1, 1).elements(), 1, 9)),
                        scores())
                : null;
        View dq = blank(sizes.queries(), sizes.headSize());
        View dk = blank(sizes.keys(), sizes.headSize());
        View dv = blank(sizes.keys(), sizes.valueSize());
        backend.attention().backward(call, q, k, v, bias, keyPadding, y, reserve.storage(), dy, dweights, dq, dk, dv);
        double[][] gradients = reference.gradients(
                bench.read(q),
                bench.read(k),
                bench.read(v),
                bench.read(dy),
                dweights == null ? null : bench.read(dweights));
        compare(gradients[0], dq, "dq");
        compare(gradients[1], dk, "dk");
        compare(gradients[2], dv, "dv");
    }

    /** What an element may be off, as a share of the largest. */
    private double rounding() {
        if (dtype == DType.F64) {
            return 3e-15;
        }
        return switch (call.precision()) {
            case F32 -> 3e-6;
            case TF32, F16 -> 2e-3;
            case BF16 -> 1e-2;
        };
    }

    private void compare(double[] expected, View actual, String name) {
        double largest = Arrays.stream(expected)
                .map(Math::abs)
                .filter(Double::isFinite)
                .max()
                .orElse(0);
        double distance = Math.max(largest, 0.1) * rounding() * Math.sqrt(sizes.keys() + 1);
        assertClose(dtype, 1, distance, expected, bench.read(actual), what + ": " + name);
    }
}
