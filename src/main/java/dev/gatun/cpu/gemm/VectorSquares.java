package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Squares} in the Vector API, copied by {@link Specialization} for each species. Zipping the upper half of the rows with
 * the lower as often as 2 divides their number transposes them (Stone, "Parallel Processing with the Perfect Shuffle", 1971).
 */
final class VectorSquares implements Squares {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final int LANES = SPECIES.length();
    private static final VectorShuffle<Float> ZIP_LOW = VectorShuffle.makeZip(SPECIES, 0);
    private static final VectorShuffle<Float> ZIP_HIGH = VectorShuffle.makeZip(SPECIES, 1);

    VectorSquares() {}

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
            float[] x,
            float[] y) {
        for (int i = 0; i < LANES / 2; i++) {
            long at = fromFirst + i * fromStep;
            FloatVector upper = FloatVector.fromMemorySegment(SPECIES, from, at, ORDER);
            FloatVector lower = FloatVector.fromMemorySegment(SPECIES, from, at + LANES / 2 * fromStep, ORDER);
            upper.rearrange(ZIP_LOW, lower).intoArray(x, 2 * i * LANES);
            upper.rearrange(ZIP_HIGH, lower).intoArray(x, (2 * i + 1) * LANES);
        }
        float[] rows = x;
        float[] zipped = y;
        for (int distance = 4; distance < LANES; distance *= 2) {
            zip(rows, zipped);
            float[] read = rows;
            rows = zipped;
            zipped = read;
        }
        zip(rows, to, toFirst, toStep);
    }

    private static void zip(float[] rows, float[] zipped) {
        for (int i = 0; i < LANES / 2; i++) {
            FloatVector upper = FloatVector.fromArray(SPECIES, rows, i * LANES);
            FloatVector lower = FloatVector.fromArray(SPECIES, rows, (i + LANES / 2) * LANES);
            upper.rearrange(ZIP_LOW, lower).intoArray(zipped, 2 * i * LANES);
            upper.rearrange(ZIP_HIGH, lower).intoArray(zipped, (2 * i + 1) * LANES);
        }
    }

    private static void zip(float[] rows, MemorySegment to, long toFirst, long toStep) {
        for (int i = 0; i < LANES / 2; i++) {
            long at = toFirst + 2L * i * toStep;
            FloatVector upper = FloatVector.fromArray(SPECIES, rows, i * LANES);
            FloatVector lower = FloatVector.fromArray(SPECIES, rows, (i + LANES / 2) * LANES);
            upper.rearrange(ZIP_LOW, lower).intoMemorySegment(to, at, ORDER);
            upper.rearrange(ZIP_HIGH, lower).intoMemorySegment(to, at + toStep, ORDER);
        }
    }
}
