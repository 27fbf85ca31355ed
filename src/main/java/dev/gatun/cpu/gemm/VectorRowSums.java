package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** {@link RowSums} in the Vector API, copied by {@link Specialization} for each species. */
final class VectorRowSums implements RowSums {
    @SuppressWarnings("unchecked")
    private static final VectorSpecies<Float> SPECIES =
            Specialization.constant(MethodHandles.lookup(), VectorSpecies.class);

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int LANES = SPECIES.length();

    VectorRowSums() {}

    @Override
    public void addFour(
            int n, float x0, float x1, float x2, float x3, MemorySegment b, long bFirst, long step, float[] sums) {
        long b1 = bFirst + step;
        long b2 = bFirst + 2 * step;
        long b3 = bFirst + 3 * step;
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            long at = 4L * j;
            FloatVector s = FloatVector.fromArray(SPECIES, sums, j);
            s = FloatVector.fromMemorySegment(SPECIES, b, bFirst + at, ORDER)
                    .fma(FloatVector.broadcast(SPECIES, x0), s);
            s = FloatVector.fromMemorySegment(SPECIES, b, b1 + at, ORDER).fma(FloatVector.broadcast(SPECIES, x1), s);
            s = FloatVector.fromMemorySegment(SPECIES, b, b2 + at, ORDER).fma(FloatVector.broadcast(SPECIES, x2), s);
            s = FloatVector.fromMemorySegment(SPECIES, b, b3 + at, ORDER).fma(FloatVector.broadcast(SPECIES, x3), s);
            s.intoArray(sums, j);
        }
        for (int j = whole; j < n; j++) {
            long at = 4L * j;
            float s = Math.fma(x0, b.get(FLOAT, bFirst + at), sums[j]);
            s = Math.fma(x1, b.get(FLOAT, b1 + at), s);
            s = Math.fma(x2, b.get(FLOAT, b2 + at), s);
            sums[j] = Math.fma(x3, b.get(FLOAT, b3 + at), s);
        }
    }

    @Override
    public void addOne(int n, float x, MemorySegment b, long bFirst, float[] sums) {
        int whole = SPECIES.loopBound(n);
        for (int j = 0; j < whole; j += LANES) {
            FloatVector.fromMemorySegment(SPECIES, b, bFirst + 4L * j, ORDER)
                    .fma(FloatVector.broadcast(SPECIES, x), FloatVector.fromArray(SPECIES, sums, j))
                    .intoArray(sums, j);
        }
        for (int j = whole; j < n; j++) {
            sums[j] = Math.fma(x, b.get(FLOAT, bFirst + 4L * j), sums[j]);
        }
    }
}
