package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class CudaWalkTest {
    private static final int AXES = 16;

    /** The struct's numbers: count, axes, sizes, and strides of operand 0. */
    private static long[] struct(CudaWalk walk) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment struct = arena.allocate(CudaWalk.BYTES, Long.BYTES);
            walk.write(struct);
            return struct.toArray(ValueLayout.JAVA_LONG);
        }
    }

    private static long[] sizes(long[] struct) {
        return Arrays.copyOfRange(struct, 2, 2 + (int) struct[1]);
    }

    private static long[] strides(long[] struct, int operand) {
        int from = 2 + (operand + 1) * AXES;
        return Arrays.copyOfRange(struct, from, from + (int) struct[1]);
    }

    @Test
    void contiguousOperandsAreOneAxis() {
        Layout layout = Layout.contiguous(Shape.of(2, 1, 3, 4), 7);
        CudaWalk walk = CudaWalk.of("test", layout, layout);
        long[] struct = struct(walk);
        assertEquals(24, struct[0]);
        assertArrayEquals(new long[] {24}, sizes(struct));
        assertArrayEquals(new long[] {1}, strides(struct, 1));
        assertTrue(walk.isDense(0) && walk.isDense(1));
        assertEquals(4 * Long.BYTES * AXES + 2 * Long.BYTES, CudaWalk.BYTES);
    }

    @Test
    void axesMergeWhereEveryOperandFollows() {
        Shape shape = Shape.of(2, 3, 4, 5);
        Layout whole = Layout.contiguous(shape);
        Layout repeated = Layout.contiguous(Shape.of(4, 5)).broadcastTo("test", shape);
        Layout turned = Layout.contiguous(Shape.of(2, 3, 5, 4)).transpose(2, 3);
        assertArrayEquals(new long[] {6, 20}, sizes(struct(CudaWalk.of("test", whole, repeated))));
        assertArrayEquals(new long[] {0, 1}, strides(struct(CudaWalk.of("test", whole, repeated)), 1));
        assertArrayEquals(new long[] {6, 4, 5}, sizes(struct(CudaWalk.of("test", turned, whole))));
        assertArrayEquals(new long[] {20, 1, 4}, strides(struct(CudaWalk.of("test", turned, whole)), 0));
        assertFalse(CudaWalk.of("test", turned, whole).isDense(0));
    }

    @Test
    void scalarsAndNothingAtAll() {
        CudaWalk scalar = CudaWalk.of("test", Layout.contiguous(Shape.SCALAR, 3));
        assertEquals(1, scalar.count());
        assertEquals(0, struct(scalar)[1]);
        assertTrue(scalar.isDense(0));
        assertEquals(0, CudaWalk.of("test", Layout.contiguous(Shape.of(3, 0))).count());
    }

    @Test
    void refusesMoreAxesThanKernelsWalk() {
        int[] sizes = new int[AXES + 1];
        long[] strides = new long[AXES + 1];
        Arrays.fill(sizes, 2);
        Arrays.setAll(strides, i -> 3L << (AXES - i));
        Layout layout = Layout.strided(Shape.of(sizes), strides, 0);
        assertEquals(1L << (AXES + 1), CudaWalk.of("test", layout).count(), "strides that merge are no matter");
        Arrays.setAll(strides, i -> 1L + i);
        Layout scattered = Layout.strided(Shape.of(sizes), strides, 0);
        String message = assertThrows(ShapeException.class, () -> CudaWalk.of("copy", scattered))
                .getMessage();
        assertTrue(message.startsWith("copy: cuda walks at most 16 axes"), message);
    }
}
