package dev.gatun.data;

import dev.gatun.Device;
import dev.gatun.Tensor;
import dev.gatun.TensorGroup;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Sequences of different lengths side by side, filled up to the longest. Tensors are made in the current scope.
 *
 * <pre>{@code
 * Padded x = Padded.of(device, batch, Recording::frames);
 * RecurrentOutput out = lstm.forward(x.values(), x.lengths());
 * }</pre>
 *
 * @param values [batch, steps, features] of F32, or [batch, steps] of I32 for tokens
 * @param lengths steps of each sequence; 0 to steps
 */
@SuppressWarnings("ArrayRecordComponent") // what recurrent layers take; never compared
public record Padded(Tensor values, int[] lengths) implements TensorGroup {
    /** Checks that lengths and values belong together. */
    public Padded {
        if (values.rank() < 2 || values.size(0) != lengths.length) {
            throw new ShapeException(
                    "padded", "expected [" + lengths.length + ", steps, ...], was given " + values.shape());
        }
        for (int length : lengths) {
            if (length < 0 || length > values.size(1)) {
                throw new ShapeException("padded", "length " + length + " does not fit " + values.shape());
            }
        }
    }

    /** Sequences of vectors, [steps][features] each with as many features, filled up with zeros. */
    public static Padded of(Device device, List<float[][]> sequences) {
        int steps =
                sequences.stream().mapToInt(sequence -> sequence.length).max().orElse(0);
        int features = sequences.stream()
                .filter(sequence -> sequence.length > 0)
                .findFirst()
                .map(sequence -> sequence[0].length)
                .orElseThrow(() -> new ShapeException("padded", "no sequence of the batch has a step"));
        float[] values = new float[Math.multiplyExact(Math.multiplyExact(sequences.size(), steps), features)];
        int[] lengths = new int[sequences.size()];
        for (int i = 0; i < lengths.length; i++) {
            float[][] sequence = sequences.get(i);
            lengths[i] = sequence.length;
            for (int t = 0; t < sequence.length; t++) {
                if (sequence[t].length != features) {
                    throw new ShapeException(
                            "padded",
                            "step " + t + " of sequence " + i + " has " + sequence[t].length + " features, others have "
                                    + features);
                }
                System.arraycopy(sequence[t], 0, values, (i * steps + t) * features, features);
            }
        }
        return new Padded(Tensor.of(device, values, lengths.length, steps, features), lengths);
    }

    /** As {@link #of(Device, List)}, of examples that each have a sequence. */
    public static <E> Padded of(Device device, List<E> examples, Function<? super E, float[][]> sequence) {
        return of(device, examples.stream().<float[][]>map(sequence).toList());
    }

    /** Sequences of tokens, filled up with a token for padding. A batch of empty sequences gets one step of padding. */
    public static Padded ofTokens(Device device, List<int[]> sequences, int padding) {
        int steps = Math.max(
                sequences.stream().mapToInt(sequence -> sequence.length).max().orElse(0), 1);
        int[] values = new int[Math.multiplyExact(sequences.size(), steps)];
        int[] lengths = new int[sequences.size()];
        Arrays.fill(values, padding);
        for (int i = 0; i < lengths.length; i++) {
            int[] sequence = sequences.get(i);
            lengths[i] = sequence.length;
            System.arraycopy(sequence, 0, values, i * steps, sequence.length);
        }
        return new Padded(Tensor.of(device, values, lengths.length, steps), lengths);
    }

    /** As {@link #ofTokens(Device, List, int)}, of examples that each have a sequence. */
    public static <E> Padded ofTokens(
            Device device, List<E> examples, Function<? super E, int[]> sequence, int padding) {
        return ofTokens(device, examples.stream().<int[]>map(sequence).toList(), padding);
    }

    /** Steps of the longest sequence. */
    public int steps() {
        return values.size(1);
    }

    /** [batch, steps] of BOOL: true where a sequence has a step; what masked losses take. */
    public Tensor mask() {
        return marks(true);
    }

    /** [batch, steps] of BOOL: true where there is only padding; what attention takes. */
    public Tensor padding() {
        return marks(false);
    }

    private Tensor marks(boolean inside) {
        boolean[] marks = new boolean[lengths.length * steps()];
        for (int i = 0; i < lengths.length; i++) {
            for (int t = 0; t < steps(); t++) {
                marks[i * steps() + t] = t < lengths[i] == inside;
            }
        }
        return Tensor.of(values.device(), marks, lengths.length, steps());
    }

    @Override
    public List<Tensor> tensors() {
        return List.of(values);
    }
}
