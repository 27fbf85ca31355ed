package dev.gatun.backend.conformance;

import static dev.gatun.backend.conformance.Tolerance.assertUlps;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.Backend;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link dev.gatun.backend.IndexOps} must do. */
public abstract class IndexConformanceTest {
    /** The backend under test. */
    protected abstract Backend backend();

    private static double[] indices(int count, int rows) {
        return new SplittableRandom(count).ints(count, 0, rows).asDoubleStream().toArray();
    }

    @ParameterizedTest
    @EnumSource
    void gather(DType dtype) {
        for (int features : new int[] {0, 1, 3, 16, 17, 65}) {
            for (int count : new int[] {0, 1, 5, 1000}) {
                for (DType indexType : new DType[] {DType.I32, DType.I64}) {
                    checkGather(dtype, indexType, 11, features, count);
                }
            }
        }
    }

    private void checkGather(DType dtype, DType indexType, int rows, int features, int count) {
        double[] numbers = new double[rows * features];
        Arrays.setAll(numbers, i -> dtype == DType.BOOL ? i % 3 % 2 : i % 100);
        double[] chosen = indices(count, rows);
        try (Workbench bench = new Workbench(backend())) {
            View table = bench.view(dtype, Arrangement.OFFSET, Shape.of(rows, features), numbers);
            View indices = bench.view(indexType, Arrangement.OFFSET, Shape.of(count), chosen);
            View y = bench.blank(dtype, Arrangement.OFFSET.layout(Shape.of(count, features)));
            backend().index().gather(table, indices, y);
            double[] expected = new double[count * features];
            Arrays.setAll(expected, i -> numbers[((int) chosen[i / features]) * features + i % features]);
            assertArrayEquals(expected, bench.read(y), dtype + " " + features + " features, " + count + " indices");
        }
    }

    @Test
    void scatterAdd() {
        for (DType dtype : new DType[] {DType.F32, DType.F64}) {
            for (int features : new int[] {1, 3, 16, 17, 65}) {
                for (int count : new int[] {0, 1, 5, 3000}) {
                    for (long ignored : new long[] {-1, 2}) {
                        checkScatterAdd(dtype, 11, features, count, ignored);
                    }
                }
            }
        }
    }

    /** In F32 every sum is rounded in turn, in the order of the indices: expected is the very same bits. */
    private void checkScatterAdd(DType dtype, int rows, int features, int count, long ignored) {
        double[] before = Workbench.numbers((long) rows * features, 1, 1);
        double[] added = Workbench.numbers((long) count * features, 1, 2);
        double[] chosen = indices(count, rows);
        double[] expected = before.clone();
        for (int i = 0; i < added.length; i++) {
            int index = (int) chosen[i / features];
            int place = index * features + i % features;
            double sum = expected[place] + added[i];
            expected[place] = index == ignored ? expected[place] : dtype == DType.F32 ? (float) sum : sum;
        }
        try (Workbench bench = new Workbench(backend())) {
            View table = bench.view(dtype, Arrangement.OFFSET, Shape.of(rows, features), before);
            View source = bench.view(dtype, Shape.of(count, features), added);
            backend().index().scatterAdd(source, bench.view(DType.I64, Shape.of(count), chosen), ignored, table);
            assertUlps(
                    dtype, 0, expected, bench.read(table), dtype + " " + features + " features, " + count + " indices");
        }
    }

    @Test
    void indicesOutOfRangeThrowBeforeAnythingIsWritten() {
        for (double wrong : new double[] {-1, 4, 1e9}) {
            for (DType indexType : new DType[] {DType.I32, DType.I64}) {
                try (Workbench bench = new Workbench(backend())) {
                    View table = bench.view(DType.F32, Shape.of(4, 2), 1, 2, 3, 4, 5, 6, 7, 8);
                    View rows = bench.view(DType.F32, Shape.of(3, 2), 9, 9, 9, 9, 9, 9);
                    View indices = bench.view(indexType, Shape.of(3), 0, 1, wrong);
                    String problem = "index " + (long) wrong + " at place 2 does not fit a table of 4 rows";
                    assertEquals(
                            "gather: " + problem,
                            refusal(() -> backend().index().gather(table, indices, rows)));
                    assertArrayEquals(new double[] {9, 9, 9, 9, 9, 9}, bench.read(rows));
                    assertEquals(
                            "scatterAdd: " + problem,
                            refusal(() -> backend().index().scatterAdd(rows, indices, -1, table)));
                    assertArrayEquals(new double[] {1, 2, 3, 4, 5, 6, 7, 8}, bench.read(table));
                }
            }
        }
    }

    /** What is said of an index out of range, at once or when the device is waited for. */
    private String refusal(Runnable operation) {
        return assertThrows(IndexOutOfBoundsException.class, () -> {
                    operation.run();
                    backend().memory().synchronize();
                })
                .getMessage();
    }

    @Test
    void refusesWhatDoesNotFit() {
        try (Workbench bench = new Workbench(backend())) {
            View table = bench.blank(DType.F32, Shape.of(4, 2));
            View indices = bench.view(DType.I32, Shape.of(3), 0, 0, 0);
            View floats = bench.view(DType.F32, Shape.of(3), 0, 0, 0);
            View y = bench.blank(DType.F32, Shape.of(3, 2));
            View narrow = bench.blank(DType.F32, Shape.of(3, 1));
            assertThrows(ShapeException.class, () -> backend().index().gather(table, floats, y));
            assertThrows(ShapeException.class, () -> backend().index().gather(table, indices, narrow));
            assertThrows(ShapeException.class, () -> backend().index().scatterAdd(table, indices, -1, table));
        }
    }
}
