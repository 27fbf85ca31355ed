package dev.gatun.backend.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the copies and fills of every backend's {@link dev.gatun.backend.MemoryOps} must do. */
public abstract class MemoryConformanceTest {
    private static final Shape[] SHAPES = {
        Shape.SCALAR,
        Shape.of(0),
        Shape.of(1),
        Shape.of(17),
        Shape.of(5, 7),
        Shape.of(3, 1, 5, 2),
        Shape.of(2, 0, 3),
        Shape.of(2, 600)
    };

    /** The backend under test. */
    protected abstract Backend backend();

    @ParameterizedTest
    @EnumSource
    void copyBetweenArrangements(DType dtype) {
        for (Shape shape : SHAPES) {
            for (Arrangement from : Arrangement.values()) {
                for (Arrangement to : Arrangement.values()) {
                    try (Workbench bench = new Workbench(backend())) {
                        View source = bench.view(dtype, from, shape, small(shape));
                        View target = bench.blank(dtype, to.layout(shape));
                        backend().memory().copy(source, target);
                        assertArrayEquals(
                                bench.read(source), bench.read(target), dtype + " " + shape + " " + from + " " + to);
                    }
                }
            }
        }
    }

    /** Numbers that every type but BOOL holds exactly. */
    private static double[] small(Shape shape) {
        double[] values = new double[(int) shape.elements()];
        Arrays.setAll(values, i -> i * 7 % 41 - 20);
        return values;
    }

    @ParameterizedTest
    @EnumSource
    void copyConvertsFrom(DType from) {
        Shape shape = Shape.of(3, 67);
        for (DType to : DType.values()) {
            for (Arrangement arrangement : Arrangement.values()) {
                try (Workbench bench = new Workbench(backend())) {
                    View source = bench.view(from, arrangement, shape, small(shape));
                    View target = bench.blank(to, arrangement.layout(shape));
                    backend().memory().copy(source, target);
                    double[] expected = bench.read(source);
                    if (to == DType.BOOL) {
                        Arrays.setAll(expected, i -> expected[i] == 0 ? 0 : 1);
                    }
                    assertArrayEquals(expected, bench.read(target), from + " to " + to + " " + arrangement);
                }
            }
        }
    }

    @Test
    void copyRepeatsBroadcastElements() {
        try (Workbench bench = new Workbench(backend())) {
            View row = bench.view(DType.F32, Shape.of(1, 3), 1, 2, 3);
            View target = bench.blank(DType.F64, Shape.of(2, 2, 3));
            backend().memory().copy(Workbench.broadcast(row, target.shape()), target);
            assertArrayEquals(new double[] {1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3}, bench.read(target));
        }
    }

    @Test
    void halfTypesRoundToNearestEven() {
        double ulp = 1.0 / 128;
        double nan = Double.NaN;
        double inf = Double.POSITIVE_INFINITY;
        double[] given = {1 + ulp / 2, 1 + ulp * 1.5, 1 + ulp * 0.501, -1 - ulp / 2, 3.4028235e38, nan, inf, -inf, 1e-40
        };
        double tiny = Math.rint((float) 1e-40 * 0x1p133) * 0x1p-133;
        convert(DType.F32, DType.BF16, given, 1, 1 + 2 * ulp, 1 + ulp, -1, inf, nan, inf, -inf, tiny);
        double half = 1.0 / 1024;
        convert(
                DType.F32,
                DType.F16,
                new double[] {1 + half / 2, 1 + half * 1.5, 65504, 65519, 65520, nan, -inf, 0x1p-24, 0x1p-26},
                1,
                1 + 2 * half,
                65504,
                65504,
                inf,
                nan,
                -inf,
                0x1p-24,
                0);
    }

    @Test
    void integersTruncateAndBooleansAreNotZero() {
        double[] given = {1.9, -1.9, 0.5, -0.0, 1e20, -1e20, Double.NaN};
        convert(DType.F64, DType.I32, given, 1, -1, 0, 0, Integer.MAX_VALUE, Integer.MIN_VALUE, 0);
        convert(DType.F32, DType.I64, given, 1, -1, 0, 0, 0x1p63, -0x1p63, 0);
        convert(DType.F32, DType.BOOL, given, 1, 1, 1, 0, 1, 1, 1);
        convert(DType.I64, DType.I32, new double[] {0x1p32 + 5, -7}, 5, -7);
        convert(DType.I64, DType.F32, new double[] {(1 << 24) + 1, (1 << 24) + 3}, 1 << 24, (1 << 24) + 4);
        convert(DType.I64, DType.BOOL, new double[] {0x1p40, 0}, 1, 0);
    }

    private void convert(DType from, DType to, double[] given, double... expected) {
        try (Workbench bench = new Workbench(backend())) {
            View source = bench.view(from, Shape.of(given.length), given);
            View target = bench.blank(to, source.shape());
            backend().memory().copy(source, target);
            assertArrayEquals(expected, bench.read(target), from + " to " + to);
        }
    }

    @ParameterizedTest
    @EnumSource
    void fill(DType dtype) {
        for (Shape shape : SHAPES) {
            for (Arrangement arrangement : Arrangement.values()) {
                for (double value : new double[] {0, 1, -3}) {
                    try (Workbench bench = new Workbench(backend())) {
                        View target = bench.blank(dtype, arrangement.layout(shape));
                        backend().memory().fill(target, value);
                        double[] expected = new double[(int) shape.elements()];
                        Arrays.fill(expected, dtype == DType.BOOL && value != 0 ? 1 : value);
                        assertArrayEquals(expected, bench.read(target), dtype + " " + shape + " " + arrangement);
                    }
                }
            }
        }
    }

    @Test
    void copyRefusesOtherShapes() {
        try (Workbench bench = new Workbench(backend())) {
            View a = bench.blank(DType.F32, Shape.of(2, 3));
            View b = bench.blank(DType.F32, Layout.contiguous(Shape.of(3, 2)));
            assertThrows(ShapeException.class, () -> backend().memory().copy(a, b));
        }
    }
}
