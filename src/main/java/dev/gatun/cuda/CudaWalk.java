package dev.gatun.cuda;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.gatun.layout.Layout;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;

/**
 * How a kernel walks operands of one shape and any strides: axes of size 1 are left out, and neighbouring axes that every operand can walk
 * as one are one. What remains is the {@code Walk} of {@code walk.cuh}.
 */
final class CudaWalk {
    private static final int MOST_AXES = 16;
    private static final int MOST_OPERANDS = 3;

    /** Size of the struct. */
    static final long BYTES = (2 + MOST_AXES + MOST_OPERANDS * MOST_AXES) * (long) Long.BYTES;

    private final long count;
    private final int operands;
    private final long[] sizes;
    private final long[][] strides;
    private int axes;

    private CudaWalk(long count, int rank, int operands) {
        this.count = count;
        this.operands = operands;
        this.sizes = new long[rank];
        this.strides = new long[operands][rank];
    }

    /** The walk of up to three operands, whose shapes are the same. */
    static CudaWalk of(String operation, Layout... operands) {
        int rank = operands[0].shape().rank();
        CudaWalk walk = new CudaWalk(operands[0].shape().elements(), rank, operands.length);
        for (int axis = 0; axis < rank; axis++) {
            if (operands[0].shape().size(axis) != 1) {
                walk.add(axis, operands);
            }
        }
        if (walk.axes > MOST_AXES) {
            throw new ShapeException(
                    operation,
                    "cuda walks at most " + MOST_AXES + " axes that do not follow one another in memory, was given "
                            + operands[0]);
        }
        return walk;
    }

    private void add(int axis, Layout[] views) {
        int size = views[0].shape().size(axis);
        boolean continues = axes > 0;
        for (int i = 0; continues && i < operands; i++) {
            continues = strides[i][axes - 1] == views[i].stride(axis) * size;
        }
        int at = continues ? axes - 1 : axes++;
        sizes[at] = continues ? sizes[at] * size : size;
        for (int i = 0; i < operands; i++) {
            strides[i][at] = views[i].stride(axis);
        }
    }

    /** The number of elements. */
    long count() {
        return count;
    }

    /** The distance of the last axis's neighbours in an operand; 0 where there is but one element. */
    long lastStride(int operand) {
        return axes == 0 ? 0 : strides[operand][axes - 1];
    }

    /** Whether an operand's elements follow one another without gaps. */
    boolean isDense(int operand) {
        return axes == 0 || axes == 1 && strides[operand][0] == 1;
    }

    /** Writes the struct. */
    void write(MemorySegment struct) {
        struct.fill((byte) 0);
        struct.setAtIndex(JAVA_LONG, 0, count);
        struct.setAtIndex(JAVA_LONG, 1, axes);
        for (int axis = 0; axis < axes; axis++) {
            struct.setAtIndex(JAVA_LONG, 2 + axis, sizes[axis]);
            for (int i = 0; i < operands; i++) {
                struct.setAtIndex(JAVA_LONG, 2 + (i + 1L) * MOST_AXES + axis, strides[i][axis]);
            }
        }
    }
}
