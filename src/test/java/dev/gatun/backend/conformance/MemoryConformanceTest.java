package dev.gatun.backend.conformance;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.gatun.backend.Backend;
import dev.gatun.backend.MemoryOps;
import dev.gatun.backend.Storage;
import dev.gatun.backend.View;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import dev.gatun.layout.ShapeException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every backend's {@link dev.gatun.backend.MemoryOps} must do. */
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

    @Test
    void storagesAreCountedUntilTheirLastRelease() {
        MemoryOps memory = backend().memory();
        long before = memory.usage().inUse();
        Storage storage = memory.allocate(1000);
        assertEquals(1000, storage.byteSize());
        assertTrue(memory.usage().inUse() >= before + 1000);
        assertTrue(memory.usage().peak() >= memory.usage().inUse());
        storage.retain();
        storage.release();
        assertTrue(storage.isAlive() && memory.usage().inUse() >= before + 1000);
        storage.release();
        assertEquals(before, memory.usage().inUse());
        assertThrows(IllegalStateException.class, storage::release);
        assertThrows(IllegalStateException.class, storage::retain);
        assertThrows(IllegalArgumentException.class, () -> memory.allocate(-1));
        memory.allocate(0).release();
    }

    @Test
    void whatWasReleasedIsUsedAgain() {
        MemoryOps memory = backend().memory();
        for (long bytes : new long[] {1, 1000, 3_000_000}) {
            memory.allocate(bytes).release();
            long taken = memory.usage().systemAllocations();
            for (int i = 0; i < 100; i++) {
                memory.allocate(bytes).release();
            }
            assertEquals(taken, memory.usage().systemAllocations(), bytes + " bytes");
        }
    }

    @Test
    void bytesAreWrittenAndReadAtTheirPlace() {
        MemoryOps memory = backend().memory();
        byte[] numbers = new byte[3_000_000];
        new SplittableRandom(1).nextBytes(numbers);
        Storage storage = memory.allocate(numbers.length);
        try {
            memory.write(MemorySegment.ofArray(numbers), storage, 0);
            memory.write(MemorySegment.ofArray(new byte[] {7, 8}), storage, 1001);
            numbers[1001] = 7;
            numbers[1002] = 8;
            memory.trim();
            byte[] part = new byte[2_000_000];
            memory.read(storage, 999, MemorySegment.ofArray(part));
            assertArrayEquals(Arrays.copyOfRange(numbers, 999, 2_000_999), part);
            memory.hostSegment(storage).ifPresent(host -> {
                assertEquals(0, host.address() % 64);
                assertArrayEquals(numbers, host.toArray(ValueLayout.JAVA_BYTE));
            });
            byte[] beyond = new byte[2];
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> memory.read(storage, numbers.length - 1, MemorySegment.ofArray(beyond)));
            assertThrows(
                    IndexOutOfBoundsException.class,
                    () -> memory.write(MemorySegment.ofArray(beyond), storage, numbers.length - 1));
        } finally {
            storage.release();
        }
    }

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
