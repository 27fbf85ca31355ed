package dev.gatun.cpu.gemm;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandles;
import java.nio.ByteOrder;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link Tiles} in the Vector API, copied by {@link Specialization} for each species, and for a by rows and by columns. A method that
 * grows past what it is now loses its speed at a blow: sums go to an array because stores into segments would exhaust C2's budget of nodes, and past
 * eight rows C1 runs out of registers.
 *
 * <p>Rows of a are read from an array, where an address is part of the load and few checks serve a column: with addresses in
 * segments the loop of six rows had a third as many instructions again, more than vectors of 256 bits leave time for. The loop's step is a
 * parameter, so that C2 leaves the checks of b in it. Hoisted they took some thirty instructions each.
 *
 * <p>A sum is asked for its length, by which C2 learns its class: after a loop it knows none, and would go by what the JDK's method to
 * store it has met before, in all of the JVM. Where that was vectors of two sizes, it keeps the sums of the loop as objects. Hence
 * also lanewise in place of fma, which calls it, in tiles of several rows: the class is then that of our own call, and C2 has one call less to inline.
 */
final class VectorTiles implements Tiles {
    private static final Of OF = Specialization.constant(MethodHandles.lookup(), Of.class);
    private static final VectorSpecies<Float> SPECIES = OF.species();

    private static final ByteOrder ORDER = ByteOrder.nativeOrder();
    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
    private static final int LANES = SPECIES.length();
    private static final long BYTES = 4L * LANES;

    /** From a row to the next in the array. */
    private static final int STEP = OF.columns() ? 1 : LONG_ROW;

    /** From a column to the next in the array. */
    private static final int NEXT = OF.columns() ? HEIGHT : 1;

    /** Vectors that hold the rows of a column, or a half of them. */
    private static final VectorSpecies<Float> SHORT = LANES > HEIGHT ? FloatVector.SPECIES_256 : SPECIES;

    /**
     * What a copy is for.
     *
     * @param columns whether it is for an a whose columns' elements lie side by side, and not its rows'
     */
    record Of(VectorSpecies<Float> species, boolean columns) {}

    VectorTiles() {}

    @Override
    public boolean byColumns() {
        return OF.columns();
    }

    @Override
    public int panel() {
        return 2 * LANES;
    }

    @Override
    public void copyRows(int height, int tile, int k, MemorySegment a, long aFirst, long aStep, float[] to) {
        if (!OF.columns()) {
            copyLongRows(height, tile, k, a, aFirst, aStep, to);
        } else if (height == HEIGHT) {
            copyColumns(k, a, aFirst, aStep, to);
        } else {
            copyShortColumns(height, k, a, aFirst, aStep, to);
        }
    }

    private static void copyLongRows(
            int height, int tile, int k, MemorySegment a, long aFirst, long aStep, float[] to) {
        int whole = k & -LANES;
        for (int r = 0; r < height; r++) {
            long from = aFirst + r * aStep;
            int first = r * STEP;
            for (int p = 0; p < whole; p += LANES) {
                FloatVector.fromMemorySegment(SPECIES, a, from + 4L * p, ORDER).intoArray(to, first + p);
            }
            for (int p = whole; p < k; p++) {
                to[first + p] = a.get(FLOAT, from + 4L * p);
            }
        }
        for (int r = height; r < tile; r++) {
            Arrays.fill(to, r * STEP, r * STEP + k, 0);
        }
    }

    private static void copyColumns(int k, MemorySegment a, long aFirst, long aStep, float[] to) {
        long from = aFirst;
        for (int first = 0; first < k * HEIGHT; first += HEIGHT) {
            FloatVector.fromMemorySegment(SHORT, a, from, ORDER).intoArray(to, first);
            if (SHORT.length() < HEIGHT) {
                FloatVector.fromMemorySegment(SHORT, a, from + 16, ORDER).intoArray(to, first + HEIGHT / 2);
            }
            from += aStep;
        }
    }

    private static void copyShortColumns(int height, int k, MemorySegment a, long aFirst, long aStep, float[] to) {
        long from = aFirst;
        for (int first = 0; first < k * HEIGHT; first += HEIGHT) {
            for (int r = 0; r < HEIGHT; r++) {
                to[first + r] = r < height ? a.get(FLOAT, from + 4L * r) : 0;
            }
            from += aStep;
        }
    }

    @Override
    public void eight(int k, float[] rows, MemorySegment b, long bFirst, long bNext, float[] sums) {
        FloatVector s0l = FloatVector.zero(SPECIES);
        FloatVector s0r = FloatVector.zero(SPECIES);
        FloatVector s1l = FloatVector.zero(SPECIES);
        FloatVector s1r = FloatVector.zero(SPECIES);
        FloatVector s2l = FloatVector.zero(SPECIES);
        FloatVector s2r = FloatVector.zero(SPECIES);
        FloatVector s3l = FloatVector.zero(SPECIES);
        FloatVector s3r = FloatVector.zero(SPECIES);
        FloatVector s4l = FloatVector.zero(SPECIES);
        FloatVector s4r = FloatVector.zero(SPECIES);
        FloatVector s5l = FloatVector.zero(SPECIES);
        FloatVector s5r = FloatVector.zero(SPECIES);
        FloatVector s6l = FloatVector.zero(SPECIES);
        FloatVector s6r = FloatVector.zero(SPECIES);
        FloatVector s7l = FloatVector.zero(SPECIES);
        FloatVector s7r = FloatVector.zero(SPECIES);
        long bEnd = bFirst + k * bNext;
        int at = 0;
        for (long bAt = bFirst; bAt < bEnd; bAt += bNext) {
            FloatVector left = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, rows[at]);
            s0l = x0.lanewise(VectorOperators.FMA, left, s0l);
            s0r = x0.lanewise(VectorOperators.FMA, right, s0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, rows[STEP + at]);
            s1l = x1.lanewise(VectorOperators.FMA, left, s1l);
            s1r = x1.lanewise(VectorOperators.FMA, right, s1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, rows[2 * STEP + at]);
            s2l = x2.lanewise(VectorOperators.FMA, left, s2l);
            s2r = x2.lanewise(VectorOperators.FMA, right, s2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, rows[3 * STEP + at]);
            s3l = x3.lanewise(VectorOperators.FMA, left, s3l);
            s3r = x3.lanewise(VectorOperators.FMA, right, s3r);
            FloatVector x4 = FloatVector.broadcast(SPECIES, rows[4 * STEP + at]);
            s4l = x4.lanewise(VectorOperators.FMA, left, s4l);
            s4r = x4.lanewise(VectorOperators.FMA, right, s4r);
            FloatVector x5 = FloatVector.broadcast(SPECIES, rows[5 * STEP + at]);
            s5l = x5.lanewise(VectorOperators.FMA, left, s5l);
            s5r = x5.lanewise(VectorOperators.FMA, right, s5r);
            FloatVector x6 = FloatVector.broadcast(SPECIES, rows[6 * STEP + at]);
            s6l = x6.lanewise(VectorOperators.FMA, left, s6l);
            s6r = x6.lanewise(VectorOperators.FMA, right, s6r);
            FloatVector x7 = FloatVector.broadcast(SPECIES, rows[7 * STEP + at]);
            s7l = x7.lanewise(VectorOperators.FMA, left, s7l);
            s7r = x7.lanewise(VectorOperators.FMA, right, s7r);
            at += NEXT;
        }
        s0l.intoArray(sums, 0 * s0l.length());
        s0r.intoArray(sums, s0r.length());
        s1l.intoArray(sums, 2 * s1l.length());
        s1r.intoArray(sums, 3 * s1r.length());
        s2l.intoArray(sums, 4 * s2l.length());
        s2r.intoArray(sums, 5 * s2r.length());
        s3l.intoArray(sums, 6 * s3l.length());
        s3r.intoArray(sums, 7 * s3r.length());
        s4l.intoArray(sums, 8 * s4l.length());
        s4r.intoArray(sums, 9 * s4r.length());
        s5l.intoArray(sums, 10 * s5l.length());
        s5r.intoArray(sums, 11 * s5r.length());
        s6l.intoArray(sums, 12 * s6l.length());
        s6r.intoArray(sums, 13 * s6r.length());
        s7l.intoArray(sums, 14 * s7l.length());
        s7r.intoArray(sums, 15 * s7r.length());
    }

    @Override
    public void six(int k, float[] rows, MemorySegment b, long bFirst, long bNext, float[] sums) {
        FloatVector s0l = FloatVector.zero(SPECIES);
        FloatVector s0r = FloatVector.zero(SPECIES);
        FloatVector s1l = FloatVector.zero(SPECIES);
        FloatVector s1r = FloatVector.zero(SPECIES);
        FloatVector s2l = FloatVector.zero(SPECIES);
        FloatVector s2r = FloatVector.zero(SPECIES);
        FloatVector s3l = FloatVector.zero(SPECIES);
        FloatVector s3r = FloatVector.zero(SPECIES);
        FloatVector s4l = FloatVector.zero(SPECIES);
        FloatVector s4r = FloatVector.zero(SPECIES);
        FloatVector s5l = FloatVector.zero(SPECIES);
        FloatVector s5r = FloatVector.zero(SPECIES);
        long bEnd = bFirst + k * bNext;
        int at = 0;
        for (long bAt = bFirst; bAt < bEnd; bAt += bNext) {
            FloatVector left = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, rows[at]);
            s0l = x0.lanewise(VectorOperators.FMA, left, s0l);
            s0r = x0.lanewise(VectorOperators.FMA, right, s0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, rows[STEP + at]);
            s1l = x1.lanewise(VectorOperators.FMA, left, s1l);
            s1r = x1.lanewise(VectorOperators.FMA, right, s1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, rows[2 * STEP + at]);
            s2l = x2.lanewise(VectorOperators.FMA, left, s2l);
            s2r = x2.lanewise(VectorOperators.FMA, right, s2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, rows[3 * STEP + at]);
            s3l = x3.lanewise(VectorOperators.FMA, left, s3l);
            s3r = x3.lanewise(VectorOperators.FMA, right, s3r);
            FloatVector x4 = FloatVector.broadcast(SPECIES, rows[4 * STEP + at]);
            s4l = x4.lanewise(VectorOperators.FMA, left, s4l);
            s4r = x4.lanewise(VectorOperators.FMA, right, s4r);
            FloatVector x5 = FloatVector.broadcast(SPECIES, rows[5 * STEP + at]);
            s5l = x5.lanewise(VectorOperators.FMA, left, s5l);
            s5r = x5.lanewise(VectorOperators.FMA, right, s5r);
            at += NEXT;
        }
        s0l.intoArray(sums, 0 * s0l.length());
        s0r.intoArray(sums, s0r.length());
        s1l.intoArray(sums, 2 * s1l.length());
        s1r.intoArray(sums, 3 * s1r.length());
        s2l.intoArray(sums, 4 * s2l.length());
        s2r.intoArray(sums, 5 * s2r.length());
        s3l.intoArray(sums, 6 * s3l.length());
        s3r.intoArray(sums, 7 * s3r.length());
        s4l.intoArray(sums, 8 * s4l.length());
        s4r.intoArray(sums, 9 * s4r.length());
        s5l.intoArray(sums, 10 * s5l.length());
        s5r.intoArray(sums, 11 * s5r.length());
    }

    @Override
    public void four(int k, float[] rows, MemorySegment b, long bFirst, long bNext, float[] sums) {
        FloatVector s0l = FloatVector.zero(SPECIES);
        FloatVector s0r = FloatVector.zero(SPECIES);
        FloatVector s1l = FloatVector.zero(SPECIES);
        FloatVector s1r = FloatVector.zero(SPECIES);
        FloatVector s2l = FloatVector.zero(SPECIES);
        FloatVector s2r = FloatVector.zero(SPECIES);
        FloatVector s3l = FloatVector.zero(SPECIES);
        FloatVector s3r = FloatVector.zero(SPECIES);
        long bEnd = bFirst + k * bNext;
        int at = 0;
        for (long bAt = bFirst; bAt < bEnd; bAt += bNext) {
            FloatVector left = FloatVector.fromMemorySegment(SPECIES, b, bAt, ORDER);
            FloatVector right = FloatVector.fromMemorySegment(SPECIES, b, bAt + BYTES, ORDER);
            FloatVector x0 = FloatVector.broadcast(SPECIES, rows[at]);
            s0l = x0.lanewise(VectorOperators.FMA, left, s0l);
            s0r = x0.lanewise(VectorOperators.FMA, right, s0r);
            FloatVector x1 = FloatVector.broadcast(SPECIES, rows[STEP + at]);
            s1l = x1.lanewise(VectorOperators.FMA, left, s1l);
            s1r = x1.lanewise(VectorOperators.FMA, right, s1r);
            FloatVector x2 = FloatVector.broadcast(SPECIES, rows[2 * STEP + at]);
            s2l = x2.lanewise(VectorOperators.FMA, left, s2l);
            s2r = x2.lanewise(VectorOperators.FMA, right, s2r);
            FloatVector x3 = FloatVector.broadcast(SPECIES, rows[3 * STEP + at]);
            s3l = x3.lanewise(VectorOperators.FMA, left, s3l);
            s3r = x3.lanewise(VectorOperators.FMA, right, s3r);
            at += NEXT;
        }
        s0l.intoArray(sums, 0 * s0l.length());
        s0r.intoArray(sums, s0r.length());
        s1l.intoArray(sums, 2 * s1l.length());
        s1r.intoArray(sums, 3 * s1r.length());
        s2l.intoArray(sums, 4 * s2l.length());
        s2r.intoArray(sums, 5 * s2r.length());
        s3l.intoArray(sums, 6 * s3l.length());
        s3r.intoArray(sums, 7 * s3r.length());
    }

    @Override
    public void one(int k, MemorySegment a, long aFirst, MemorySegment b, long bFirst, long bSecond, float[] sums) {
        FloatVector s0 = FloatVector.zero(SPECIES);
        FloatVector s1 = FloatVector.zero(SPECIES);
        FloatVector s2 = FloatVector.zero(SPECIES);
        FloatVector s3 = FloatVector.zero(SPECIES);
        for (int p = 0; p < k; p++) {
            long at = 2 * BYTES * p;
            FloatVector x = FloatVector.broadcast(SPECIES, a.get(FLOAT, aFirst + p * 4L));
            s0 = x.fma(FloatVector.fromMemorySegment(SPECIES, b, bFirst + at, ORDER), s0);
            s1 = x.fma(FloatVector.fromMemorySegment(SPECIES, b, bFirst + BYTES + at, ORDER), s1);
            s2 = x.fma(FloatVector.fromMemorySegment(SPECIES, b, bSecond + at, ORDER), s2);
            s3 = x.fma(FloatVector.fromMemorySegment(SPECIES, b, bSecond + BYTES + at, ORDER), s3);
        }
        s0.intoArray(sums, 0 * s0.length());
        s1.intoArray(sums, s1.length());
        s2.intoArray(sums, 2 * s2.length());
        s3.intoArray(sums, 3 * s3.length());
    }

    @Override
    public void store(float[] sums, int rows, boolean accumulate, MemorySegment c, long cFirst, long cStep) {
        long cAt = cFirst;
        for (int i = 0; i < rows; i++) {
            FloatVector left = FloatVector.fromArray(SPECIES, sums, 2 * LANES * i);
            FloatVector right = FloatVector.fromArray(SPECIES, sums, 2 * LANES * i + LANES);
            if (accumulate) {
                left = FloatVector.fromMemorySegment(SPECIES, c, cAt, ORDER).add(left);
                right = FloatVector.fromMemorySegment(SPECIES, c, cAt + BYTES, ORDER)
                        .add(right);
            }
            left.intoMemorySegment(c, cAt, ORDER);
            right.intoMemorySegment(c, cAt + BYTES, ORDER);
            cAt += cStep;
        }
    }

    @Override
    public void copyPanels(
            int k, int panels, MemorySegment from, long fromFirst, long step, MemorySegment to, long toFirst) {
        long panelBytes = 2 * BYTES * k;
        for (int p = 0; p < k; p++) {
            long fromAt = fromFirst + p * step;
            long at = toFirst + 2 * BYTES * p;
            for (int i = 0; i < panels; i++) {
                FloatVector left = FloatVector.fromMemorySegment(SPECIES, from, fromAt, ORDER);
                FloatVector right = FloatVector.fromMemorySegment(SPECIES, from, fromAt + BYTES, ORDER);
                left.intoMemorySegment(to, at, ORDER);
                right.intoMemorySegment(to, at + BYTES, ORDER);
                fromAt += 2 * BYTES;
                at += panelBytes;
            }
        }
    }
}
