package dev.gatun.cpu.recurrent;

import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The steps of a batch of sequences, longest first, so that the sequences that still run at a step are the first ones. The
 * <em>packed</em> rows (step, sequence) lie step by step without gaps: those of a step are one run, and no row is spent on padding.
 * Immutable.
 */
public final class Timeline {
    private final int batchSteps;
    private final int[] lengths;
    private final int[] order;
    private final int[] active;
    private final int[] first;
    private final int[] everySequence;
    private final int[] anyStep;
    private final int rows;

    /** Sorts a batch of so many sequences of at most so many steps; null lengths mean that all have {@code steps}. */
    public Timeline(int batch, int steps, int @Nullable [] given) {
        Math.multiplyExact(batch, steps);
        batchSteps = steps;
        order = new int[batch];
        lengths = new int[batch];
        active = new int[steps];
        first = new int[steps];
        int[] place = places(batch, steps, given);
        for (int i = 0; i < batch; i++) {
            int length = given == null ? steps : given[i];
            order[place[length]] = i;
            lengths[place[length]++] = length;
        }
        int count = 0;
        for (int step = 0, running = batch; step < steps; step++) {
            while (running > 0 && lengths[running - 1] <= step) {
                running--;
            }
            active[step] = running;
            first[step] = count;
            count += running;
        }
        rows = count;
        everySequence = ascending(batch);
        // Step 0 is there even where there are no steps: states have to go in and out.
        anyStep = new int[Math.max(steps, 1)];
    }

    /** Where the first sequence of each length goes when the longest come first. */
    private static int[] places(int batch, int steps, int @Nullable [] given) {
        int[] place = new int[steps + 1];
        for (int i = 0; given != null && i < batch; i++) {
            if (given[i] > 0) {
                place[given[i] - 1]++;
            }
        }
        for (int length = steps - 1; length >= 0; length--) {
            place[length] += place[length + 1];
        }
        return place;
    }

    /** Sequences. */
    public int batch() {
        return order.length;
    }

    /** The number of packed rows: the sum of all lengths. */
    public int rows() {
        return rows;
    }

    /** Steps of the n-th longest sequence. */
    public int length(int sequence) {
        return lengths[sequence];
    }

    /** How many sequences run at a step. */
    public int active(int step) {
        return active[step];
    }

    /** Whether packed rows are the rows of a contiguous [batch, steps] as they lie, so that nothing need be moved. */
    public boolean isBatchMajor() {
        return order.length == 1 || (batchSteps == 1 && rows == order.length);
    }

    /** The packed rows of a segment, {@code width} elements apart, from element {@code offset} on. */
    public StepRows packed(MemorySegment segment, DType dtype, long offset, int width) {
        return new StepRows(segment, dtype, offset, width, first, everySequence);
    }

    /** The rows of a [batch, steps, width]. */
    public StepRows batchMajor(MemorySegment segment, DType dtype, long offset, int width) {
        int[] starts = new int[order.length];
        Arrays.setAll(starts, i -> order[i] * batchSteps);
        return new StepRows(segment, dtype, offset, width, ascending(batchSteps), starts);
    }

    /** One row for each sequence, longest first, whatever the step. */
    public StepRows states(MemorySegment segment, DType dtype, long offset, int width) {
        return new StepRows(segment, dtype, offset, width, anyStep, everySequence);
    }

    /** One row for each sequence, in the order of the batch, whatever the step. */
    public StepRows unsortedStates(MemorySegment segment, DType dtype, long offset, int width) {
        return new StepRows(segment, dtype, offset, width, anyStep, order);
    }

    /** Two rows that take turns: at each step the one that is not that of the steps beside it. */
    public StepRows alternating(MemorySegment segment, DType dtype, long offset, int width, boolean isOther) {
        int[] turns = new int[anyStep.length];
        Arrays.setAll(turns, step -> (step + (isOther ? 1 : 0)) % 2);
        return new StepRows(segment, dtype, offset, width, turns, everySequence);
    }

    /** One row for all. */
    public StepRows repeated(MemorySegment segment, DType dtype, long offset) {
        return new StepRows(segment, dtype, offset, 0, anyStep, everySequence);
    }

    private static int[] ascending(int count) {
        int[] numbers = new int[count];
        Arrays.setAll(numbers, i -> i);
        return numbers;
    }

    /**
     * Cuts the sequences into at most {@code parts} ranges of about as many rows each.
     *
     * @return where each range begins, and the end of the last
     */
    public int[] split(int parts) {
        int[] cuts = new int[Math.max(1, Math.min(parts, order.length)) + 1];
        long done = 0;
        int sequence = 0;
        for (int part = 1; part < cuts.length; part++) {
            long goal = (long) rows * part / (cuts.length - 1);
            while (sequence < order.length && (done < goal || part == cuts.length - 1)) {
                done += lengths[sequence++];
            }
            cuts[part] = sequence;
        }
        return cuts;
    }
}
