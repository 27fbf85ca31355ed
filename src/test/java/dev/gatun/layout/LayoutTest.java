package dev.gatun.layout;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LayoutTest {
    private static final Layout CUBE = Layout.contiguous(Shape.of(4, 6, 2), 5);

    static Stream<Layout> layouts() {
        return Stream.of(
                CUBE,
                CUBE.transpose(0, 1),
                CUBE.permute(2, 0, 1),
                CUBE.slice(1, 2, 5),
                CUBE.slice(2, 1, 2),
                CUBE.select(0, 3),
                CUBE.slice(0, 1, 1),
                Layout.contiguous(Shape.of(3, 1, 2)).broadcastTo("test", Shape.of(5, 3, 4, 2)),
                Layout.contiguous(Shape.SCALAR, 7).broadcastTo("test", Shape.of(2, 6)),
                Layout.contiguous(Shape.of(1, 4, 1, 6)).transpose(0, 2));
    }

    /** Where the elements lie, row-major. */
    private static List<Long> places(Layout layout) {
        List<Long> places = new ArrayList<>();
        collect(layout, 0, layout.offset(), places);
        return places;
    }

    private static void collect(Layout layout, int axis, long place, List<Long> places) {
        if (axis == layout.shape().rank()) {
            places.add(place);
            return;
        }
        for (int i = 0; i < layout.shape().size(axis); i++) {
            collect(layout, axis + 1, place + i * layout.stride(axis), places);
        }
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void extentIsOnePastTheLast(Layout layout) {
        long expected =
                places(layout).stream().mapToLong(place -> place + 1).max().orElse(0);
        assertEquals(expected, layout.extent());
    }

    @ParameterizedTest
    @MethodSource("layouts")
    void contiguousMeansInOrderWithoutGaps(Layout layout) {
        List<Long> places = places(layout);
        boolean inOrder = IntStream.range(0, places.size()).allMatch(i -> places.get(i) == layout.offset() + i);
        assertEquals(inOrder, layout.isContiguous());
    }

    /** Every shape of up to four axes: the same elements in the same order, or none where two strides cannot be one. */
    @ParameterizedTest
    @MethodSource("layouts")
    void reshapedElementsKeepTheirOrder(Layout layout) {
        List<Long> places = places(layout);
        int found = 0;
        for (Shape target : shapes((int) layout.shape().elements())) {
            Layout reshaped = layout.reshape(target);
            if (reshaped != null) {
                assertEquals(target, reshaped.shape());
                assertEquals(places, places(reshaped), () -> layout + " as " + target);
                found++;
            } else {
                assertEquals(false, layout.isContiguous());
            }
        }
        assertEquals(true, found > 0, "at least its own shape");
    }

    private static List<Shape> shapes(int elements) {
        List<Shape> shapes = new ArrayList<>();
        int limit = Math.max(elements, 1);
        for (int a = 1; a <= limit; a++) {
            for (int b = 1; b <= limit / a; b++) {
                for (int c = 1; c <= limit / a / b; c++) {
                    int last = elements / (a * b * c);
                    if (a * b * c * last == elements) {
                        shapes.add(Shape.of(a, b, c, last));
                    }
                }
            }
        }
        return shapes;
    }

    @Test
    void stridesThatDoNotFollowOneAnotherNeedACopy() {
        assertNull(CUBE.transpose(0, 1).reshape(Shape.of(48)));
        assertNull(CUBE.slice(1, 0, 3).reshape(Shape.of(24)));
        assertEquals(Shape.of(4, 6), CUBE.slice(1, 0, 3).reshape(Shape.of(4, 6)).shape());
    }

    @Test
    void tooManyElementsAreRefusedWhereverAZeroStands() {
        int large = Integer.MAX_VALUE;
        for (int[] sizes : new int[][] {{large, large, large}, {0, large, large, large}, {large, large, large, 0}}) {
            String message =
                    assertThrows(ShapeException.class, () -> Shape.of(sizes)).getMessage();
            assertEquals(true, message.startsWith("shape: too many elements: ["), message);
        }
        assertEquals(0, Shape.of(1 << 20, 0, 1 << 20).elements());
        assertThrows(ShapeException.class, () -> Shape.of(2, -1));
    }
}
