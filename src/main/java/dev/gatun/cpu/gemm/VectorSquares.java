package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Squares} in the Vector API, copied by {@link Specialization} for each species; to it elements are 32 bits. Zipping the
 * upper half of the rows with the lower as often as 2 divides their number transposes them (Stone, "Parallel Processing with the
 * Perfect Shuffle", 1971). Two zips are one pass over quarters of the rows.
 */
final class VectorSquares implements Squares {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Integer> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class).withLanes(int.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int LANES = SPECIES.length();
    private static final int QUARTER = LANES / 4;
    private static final IntVector LOW = IntVector.fromArray(SPECIES, zip(0), 0);
    private static final IntVector HIGH = IntVector.fromArray(SPECIES, zip(LANES / 2), 0);

    VectorSquares() {}

    /** Where a zip takes its elements from, in two vectors end to end. */
    private static int[] zip(int from) {
        int[] indices = new int[LANES];
        for (int i = 0; i < LANES; i++) {
            indices[i] = from + i / 2 + i % 2 * LANES;
        }
        return indices;
    }

    @Override
    public int side() {
        return LANES;
    }

    @Override
    public void transpose(
            MemorySegment from,
            long fromFirst,
            long fromStep,
            MemorySegment to,
            long toFirst,
            long toStep,
            int[] rows) {
        switch (LANES) {
            case 4 -> load(from, fromFirst, fromStep, rows);
            case 8 -> loadZipped(from, fromFirst, fromStep, rows);
            default -> loadZippedTwice(from, fromFirst, fromStep, rows);
        }
        for (int i = 0; i < QUARTER; i++) {
            IntVector r0 = IntVector.fromArray(SPECIES, rows, i * LANES);
            IntVector r1 = IntVector.fromArray(SPECIES, rows, (i + QUARTER) * LANES);
            IntVector r2 = IntVector.fromArray(SPECIES, rows, (i + 2 * QUARTER) * LANES);
            IntVector r3 = IntVector.fromArray(SPECIES, rows, (i + 3 * QUARTER) * LANES);
            IntVector even = LOW.selectFrom(r0, r2);
            IntVector odd = LOW.selectFrom(r1, r3);
            IntVector evenHigh = HIGH.selectFrom(r0, r2);
            IntVector oddHigh = HIGH.selectFrom(r1, r3);
            long at = toFirst + 4L * i * toStep;
            LOW.selectFrom(even, odd).intoMemorySegment(to, at, ORDER);
            HIGH.selectFrom(even, odd).intoMemorySegment(to, at + toStep, ORDER);
            LOW.selectFrom(evenHigh, oddHigh).intoMemorySegment(to, at + 2 * toStep, ORDER);
            HIGH.selectFrom(evenHigh, oddHigh).intoMemorySegment(to, at + 3 * toStep, ORDER);
        }
    }

    private static void load(MemorySegment from, long first, long step, int[] rows) {
        for (int i = 0; i < LANES; i++) {
            IntVector.fromMemorySegment(SPECIES, from, first + i * step, ORDER).intoArray(rows, i * LANES);
        }
    }

    private static void loadZipped(MemorySegment from, long first, long step, int[] rows) {
        for (int i = 0; i < LANES / 2; i++) {
            long at = first + i * step;
            IntVector upper = IntVector.fromMemorySegment(SPECIES, from, at, ORDER);
            IntVector lower = IntVector.fromMemorySegment(SPECIES, from, at + LANES / 2 * step, ORDER);
            LOW.selectFrom(upper, lower).intoArray(rows, 2 * i * LANES);
            HIGH.selectFrom(upper, lower).intoArray(rows, (2 * i + 1) * LANES);
        }
    }

    private static void loadZippedTwice(MemorySegment from, long first, long step, int[] rows) {
        for (int i = 0; i < QUARTER; i++) {
            long at = first + i * step;
            IntVector r0 = IntVector.fromMemorySegment(SPECIES, from, at, ORDER);
            IntVector r1 = IntVector.fromMemorySegment(SPECIES, from, at + QUARTER * step, ORDER);
            IntVector r2 = IntVector.fromMemorySegment(SPECIES, from, at + 2L * QUARTER * step, ORDER);
            IntVector r3 = IntVector.fromMemorySegment(SPECIES, from, at + 3L * QUARTER * step, ORDER);
            IntVector even = LOW.selectFrom(r0, r2);
            IntVector odd = LOW.selectFrom(r1, r3);
            IntVector evenHigh = HIGH.selectFrom(r0, r2);
            IntVector oddHigh = HIGH.selectFrom(r1, r3);
            LOW.selectFrom(even, odd).intoArray(rows, 4 * i * LANES);
            HIGH.selectFrom(even, odd).intoArray(rows, (4 * i + 1) * LANES);
            LOW.selectFrom(evenHigh, oddHigh).intoArray(rows, (4 * i + 2) * LANES);
            HIGH.selectFrom(evenHigh, oddHigh).intoArray(rows, (4 * i + 3) * LANES);
        }
    }
}
