package dev.gatun.cpu.recurrent;

import dev.gatun.cpu.gemm.Matrix;
import dev.gatun.layout.DType;
import java.lang.foreign.MemorySegment;

/**
 * Rows of elements, one for each (step, sequence): that row begins at element {@code offset + (ofStep[step] + ofSequence[sequence])
 * · stride} of the segment. {@link Timeline} makes them.
 */
public final class StepRows {
    /** No rows, where a cell has no use for any: reading or writing one is out of bounds. */
    public static final StepRows NONE = new StepRows(MemorySegment.NULL, DType.F32, 0, 0, new int[0], new int[0]);

    private final MemorySegment segment;
    private final int byteSize;
    private final long offset;
    private final long stride;
    private final int[] ofStep;
    private final int[] ofSequence;

    StepRows(MemorySegment segment, DType dtype, long offset, int stride, int[] ofStep, int[] ofSequence) {
        this(segment, dtype.byteSize(), offset, stride, ofStep, ofSequence);
    }

    private StepRows(MemorySegment segment, int byteSize, long offset, long stride, int[] ofStep, int[] ofSequence) {
        this.segment = segment;
        this.byteSize = byteSize;
        this.offset = offset;
        this.stride = stride;
        this.ofStep = ofStep;
        this.ofSequence = ofSequence;
    }

    /** Where the elements lie. */
    public MemorySegment segment() {
        return segment;
    }

    /** The first element of a row. */
    public long at(int step, int sequence) {
        return offset + (ofStep[step] + (long) ofSequence[sequence]) * stride;
    }

    /** The same rows from a column on. */
    public StepRows from(int column) {
        return new StepRows(segment, byteSize, offset + column, stride, ofStep, ofSequence);
    }

    /** How far the rows of neighbouring sequences are apart, where they lie like those of packed rows and states. */
    long stride() {
        return stride;
    }

    /** Some columns of the rows of neighbouring sequences; they must lie {@code stride} apart, as packed rows and states do. */
    Matrix matrix(int step, int from, int rows, int firstColumn, int columns) {
        return new Matrix(segment, at(step, from) + firstColumn, rows, columns, stride, 1);
    }

    /** Copies the first {@code columns} elements of one row into a row of the same type. */
    public void copyTo(StepRows target, int step, int sequence, int columns) {
        MemorySegment.copy(
                segment,
                at(step, sequence) * byteSize,
                target.segment,
                target.at(step, sequence) * byteSize,
                (long) columns * byteSize);
    }

    /** Sets the first {@code columns} elements of one row to zero. */
    public void clear(int step, int sequence, int columns) {
        segment.asSlice(at(step, sequence) * byteSize, (long) columns * byteSize)
                .fill((byte) 0);
    }
}
