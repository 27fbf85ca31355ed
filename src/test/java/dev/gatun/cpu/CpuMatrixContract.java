package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.gatun.backend.Epilogue;
import dev.gatun.backend.UnaryFunction;
import dev.gatun.backend.View;
import dev.gatun.cpu.gemm.Gemm;
import dev.gatun.cpu.gemm.ScalarGemm;
import dev.gatun.cpu.kernel.ElementwiseKernels;
import dev.gatun.cpu.kernel.Kernels;
import dev.gatun.cpu.kernel.ScalarKernels;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Batches, strides and threads; one subclass per kernel of F32. */
abstract class CpuMatrixContract {
    private static final List<WorkerPool> POOLS = List.of(new WorkerPool(1), new WorkerPool(2), new WorkerPool(3));
    private static final Kernels F64 = kernels(DType.F64, new ScalarGemm(DType.F64));

    private final Gemm f32;
    private final CpuMemory memory = new CpuMemory();
    private final Random random = new Random(3);

    CpuMatrixContract(Gemm f32) {
        this.f32 = f32;
    }

    private CpuMatrix matrix(int threads) {
        return new CpuMatrix(new CpuRuntime(kernels(DType.F32, f32), F64, POOLS.get(threads - 1), memory));
    }

    private static Kernels kernels(DType dtype, Gemm gemm) {
        ElementwiseKernels elementwise = ScalarKernels.of(dtype).elementwise();
        return new Kernels(dtype, "two families", elementwise, null, null, null, null, null, null, gemm);
    }

    private View view(DType dtype, Layout layout) {
        CpuStorage storage = memory.allocate(layout.extent() * dtype.byteSize());
        MemorySegment segment = storage.segment();
        for (long i = 0; i < layout.extent(); i++) {
            Conversion.write(random.nextGaussian(), segment, dtype, i);
        }
        return new View(storage, dtype, layout);
    }

    private View view(DType dtype, int... sizes) {
        return view(dtype, Layout.contiguous(Shape.of(sizes)));
    }

    private View copy(View source) {
        CpuStorage storage = memory.allocate(source.storage().byteSize());
        storage.segment().copyFrom(CpuStorage.segment(source));
        return new View(storage, source.dtype(), source.layout());
    }

    private static double get(View view, int... index) {
        long at = view.layout().offset();
        for (int axis = 0; axis < index.length; axis++) {
            at += index[axis] * view.layout().stride(axis);
        }
        MemorySegment segment = CpuStorage.segment(view);
        return switch (view.dtype()) {
            case F32 -> segment.getAtIndex(ValueLayout.JAVA_FLOAT, at);
            case BF16 -> Conversion.fromBFloat16(segment.getAtIndex(ValueLayout.JAVA_SHORT, at));
            case F16 -> Float.float16ToFloat(segment.getAtIndex(ValueLayout.JAVA_SHORT, at));
            default -> segment.getAtIndex(ValueLayout.JAVA_DOUBLE, at);
        };
    }

    /** Multiplies on 1, 2 and 3 threads, compares the bits, and checks them against sums in double. */
    private void check(View a, View b, View bias, View c) {
        for (boolean accumulate : new boolean[] {false, true}) {
            View single = copy(c);
            matrix(1).matmul(a, b, epilogue(bias, accumulate, single), single);
            if (c.rank() == 2) {
                assertProduct(a, b, bias, accumulate ? c : null, single);
            } else {
                for (int i = 0; i < c.size(0); i++) {
                    View before = accumulate ? select(c, i) : null;
                    assertBatch(select(a, i), select(b, i), bias, before, select(single, i));
                }
            }
            for (int threads = 2; threads <= 3; threads++) {
                View many = copy(c);
                matrix(threads).matmul(a, b, epilogue(bias, accumulate, many), many);
                assertEquals(-1, CpuStorage.segment(single).mismatch(CpuStorage.segment(many)), threads + " threads");
            }
        }
    }

    private static Epilogue epilogue(View bias, boolean accumulate, View c) {
        return new Epilogue(bias, accumulate ? c : null, null, null);
    }

    private static void assertBatch(View a, View b, View bias, View before, View c) {
        if (c.rank() == 2) {
            assertProduct(a, b, bias, before, c);
            return;
        }
        for (int i = 0; i < c.size(0); i++) {
            assertBatch(select(a, i), select(b, i), bias, before == null ? null : select(before, i), select(c, i));
        }
    }

    private static View select(View view, int index) {
        return view.with(view.layout().select(0, index));
    }

    private static void assertProduct(View a, View b, View bias, View before, View c) {
        double epsilon = c.dtype() == DType.F64 ? 0x1p-52 : 0x1p-23;
        for (int i = 0; i < c.size(0); i++) {
            for (int j = 0; j < c.size(1); j++) {
                double sum = (bias == null ? 0 : get(bias, j)) + (before == null ? 0 : get(before, i, j));
                double size = Math.abs(sum);
                for (int p = 0; p < a.size(1); p++) {
                    sum += get(a, i, p) * get(b, p, j);
                    size += Math.abs(get(a, i, p) * get(b, p, j));
                }
                double allowed = (a.size(1) + 3) * epsilon * size;
                assertEquals(sum, get(c, i, j), allowed + rounding(c.dtype(), sum, allowed), "at " + i + ", " + j);
            }
        }
    }

    /** What rounding a sum in F32, which is that far from the exact one at most, to BF16 or F16 may add: half a unit in the last place. */
    private static double rounding(DType dtype, double sum, double off) {
        return switch (dtype) {
            case BF16 -> Math.ulp((float) (Math.abs(sum) + off)) * 0x1p15;
            case F16 -> Math.max(Math.ulp((float) (Math.abs(sum) + off)) * 0x1p12, 0x1p-25);
            default -> 0;
        };
    }

    /** Past the blocks in which operands are widened. */
    @ParameterizedTest
    @EnumSource(names = {"BF16", "F16"})
    void halfTypesOnAnyNumberOfThreads(DType dtype) {
        View weight = view(dtype, 130, 300);
        check(view(dtype, 1100, 300), transposed(weight), view(dtype, 130), view(dtype, 1100, 130));
        check(transposed(view(dtype, 300, 20)), view(dtype, 300, 1100), view(dtype, 1100), view(dtype, 20, 1100));
        check(view(dtype, 5, 3, 60, 64), view(dtype, 5, 3, 64, 70), null, view(dtype, 5, 3, 60, 70));
        check(view(dtype, 20, 1100), view(dtype, 1100, 40), view(DType.F32, 40), view(DType.F32, 20, 40));
        View rows = view(dtype, Layout.strided(Shape.of(50, 70), new long[] {73, 1}, 2));
        check(view(dtype, 50, 9), view(dtype, 9, 70), view(dtype, 70), rows);
    }

    @Test
    void partsOfANarrowResultAreThoseOfTheWhole() {
        for (int part : new int[] {1, 20, 50, 200}) {
            checkParts(
                    part, view(DType.BF16, 2, 3, 7, 9), view(DType.BF16, 2, 3, 9, 11), view(DType.BF16, 2, 3, 7, 11));
            checkParts(part, view(DType.F16, 1, 9), view(DType.F16, 9, 70), view(DType.F16, 1, 70));
        }
    }

    private void checkParts(int largest, View a, View b, View c) {
        View bias = view(c.dtype(), c.size(-1));
        View whole = copy(c);
        matrix(1).matmul(a, b, new Epilogue(bias, whole, null, null), whole);
        CpuRuntime runtime = new CpuRuntime(kernels(DType.F32, f32), F64, POOLS.get(0), memory);
        new NarrowProduct(runtime, matrix(1), largest).matmul(a, b, new Epilogue(bias, c, null, null), c);
        assertEquals(-1, CpuStorage.segment(whole).mismatch(CpuStorage.segment(c)), "parts of " + largest);
    }

    @ParameterizedTest
    @EnumSource(names = {"F32", "F64", "BF16", "F16"})
    void singleProductsWithBias(DType dtype) {
        check(view(dtype, 5, 7), view(dtype, 7, 3), view(dtype, 3), view(dtype, 5, 3));
        check(view(dtype, 5, 7), view(dtype, 7, 3), null, view(dtype, 5, 3));
        View strided = view(dtype, Layout.strided(Shape.of(3), new long[] {2}, 1));
        check(view(dtype, 5, 7), view(dtype, 7, 3), strided, view(dtype, 5, 3));
        View repeated = view(dtype, Layout.strided(Shape.of(3), new long[] {0}, 0));
        check(view(dtype, 5, 7), view(dtype, 7, 3), repeated, view(dtype, 5, 3));
    }

    @Test
    void tallProductsAreSplitByRows() {
        View weight = view(DType.F32, 130, 90);
        check(view(DType.F32, 700, 90), transposed(weight), view(DType.F32, 130), view(DType.F32, 700, 130));
    }

    @Test
    void wideProductsAreSplitByColumns() {
        View wide = view(DType.F32, Layout.strided(Shape.of(50, 700), new long[] {703, 1}, 2));
        check(transposed(view(DType.F32, 200, 50)), view(DType.F32, 200, 700), view(DType.F32, 700), wide);
        check(view(DType.F32, 1, 2048), view(DType.F32, 2048, 2050), null, view(DType.F32, 1, 2050));
    }

    private static View transposed(View view) {
        return view.with(view.layout().transpose(-2, -1));
    }

    @Test
    void batchesAreSplitWhole() {
        check(
                view(DType.F32, 5, 3, 60, 64),
                view(DType.F32, 5, 3, 64, 70),
                view(DType.F32, 70),
                view(DType.F32, 5, 3, 60, 70));
    }

    @Test
    void fewLargeBatchesAreSplitWithin() {
        check(view(DType.F32, 2, 300, 50), view(DType.F32, 2, 50, 300), null, view(DType.F32, 2, 300, 300));
    }

    @Test
    void leadingAxesBecomeRowsWhereTheRightOperandIsRepeated() {
        View weight = view(DType.F32, Layout.strided(Shape.of(4, 25, 16, 20), new long[] {0, 0, 1, 16}, 0));
        check(view(DType.F32, 4, 25, 9, 16), weight, view(DType.F32, 20), view(DType.F32, 4, 25, 9, 20));
        View single = view(DType.F32, Layout.strided(Shape.of(4, 25, 1, 16), new long[] {16, 64, 5, 1}, 0));
        check(single, weight, null, view(DType.F32, 4, 25, 1, 20));
    }

    @Test
    void headsAreBatchesWithAnyStrides() {
        int[] headsOfRows = {0, 2, 1, 3};
        View queries = view(DType.F32, 3, 17, 4, 8);
        View keys = view(DType.F32, 3, 19, 4, 8);
        View left = queries.with(queries.layout().permute(headsOfRows));
        View right = transposed(keys.with(keys.layout().permute(headsOfRows)));
        check(left, right, null, view(DType.F32, 3, 4, 17, 19));
    }

    @Test
    void leftOperandMayBeRepeated() {
        View left = view(DType.F64, Layout.strided(Shape.of(6, 10, 12), new long[] {0, 12, 1}, 0));
        check(left, view(DType.F64, 6, 12, 14), null, view(DType.F64, 6, 10, 14));
    }

    @Test
    void emptySumsAreTheBiasOrZero() {
        check(view(DType.F32, 4, 0), view(DType.F32, 0, 3), view(DType.F32, 3), view(DType.F32, 4, 3));
        check(view(DType.F32, 2, 4, 0), view(DType.F32, 2, 0, 3), null, view(DType.F32, 2, 4, 3));
    }

    @Test
    void emptyResultsAreLeftAlone() {
        check(view(DType.F32, 0, 5), view(DType.F32, 5, 3), view(DType.F32, 3), view(DType.F32, 0, 3));
        check(view(DType.F32, 4, 5), view(DType.F32, 5, 0), view(DType.F32, 0), view(DType.F32, 4, 0));
        check(view(DType.F32, 0, 4, 5), view(DType.F32, 0, 5, 2), null, view(DType.F32, 0, 4, 2));
    }

    /** To the bit what the product and then the function give, whatever the split. */
    @ParameterizedTest
    @EnumSource(names = {"RELU", "GELU", "GELU_TANH", "TANH"})
    void activationsAreThoseOfWholeMatrices(UnaryFunction activation) {
        for (int[] size : new int[][] {{5, 7, 3}, {700, 90, 130}, {2000, 40, 300}, {3, 500, 2050}, {9, 0, 5}}) {
            View a = view(DType.F32, size[0], size[1]);
            View b = transposed(view(DType.F32, size[2], size[1]));
            View bias = view(DType.F32, size[2]);
            View sum = view(DType.F32, size[0], size[2]);
            matrix(1).matmul(a, b, Epilogue.bias(bias), sum);
            View expected = copy(sum);
            MemorySegment from = CpuStorage.segment(sum);
            ScalarKernels.of(DType.F32)
                    .elementwise()
                    .unary(activation, from, 0, CpuStorage.segment(expected), 0, size[0] * size[2]);
            for (int threads = 1; threads <= 3; threads++) {
                View y = view(DType.F32, size[0], size[2]);
                View argument = view(DType.F32, size[0], size[2]);
                matrix(threads).matmul(a, b, new Epilogue(bias, null, activation, null), y);
                assertBits(expected, y);
                matrix(threads).matmul(a, b, new Epilogue(bias, null, activation, argument), copy(y));
                assertBits(sum, argument);
            }
        }
    }

    /** Addends of any strides, alone and with a bias, for many rows, many columns and batches. */
    @Test
    void addendsMayLieAnywhere() {
        for (int[] size : new int[][] {{1, 5, 7, 3}, {1, 700, 90, 130}, {1, 50, 200, 700}, {6, 30, 40, 50}}) {
            View a = view(DType.F32, size[0], size[1], size[2]);
            View b = view(DType.F32, size[0], size[2], size[3]);
            View bias = view(DType.F32, size[3]);
            View rows = view(DType.F32, size[0], size[1], size[3]);
            View columns = transposed(view(DType.F32, size[0], size[3], size[1]));
            for (View addend : List.of(rows, columns)) {
                for (View added : new View[] {null, bias}) {
                    View single = view(DType.F32, size[0], size[1], size[3]);
                    matrix(1).matmul(a, b, new Epilogue(added, addend, null, null), single);
                    assertBatch(a, b, added, addend, single);
                    View many = copy(rows);
                    matrix(3).matmul(a, b, new Epilogue(added, addend, null, null), many);
                    assertBits(single, many);
                }
            }
        }
    }

    private static void assertBits(View expected, View actual) {
        assertEquals(-1, CpuStorage.segment(expected).mismatch(CpuStorage.segment(actual)));
    }

    @Test
    void lastAxisOfTheResultHasStrideOne() {
        View c = transposed(view(DType.F32, 3, 4));
        var wrong = assertThrows(
                IllegalArgumentException.class,
                () -> matrix(1).matmul(view(DType.F32, 4, 2), view(DType.F32, 2, 3), Epilogue.NONE, c));
        assertEquals(
                "matmul: the result's last axis must have stride 1: [4, 3] strides [1, 4] offset 0",
                wrong.getMessage());
    }

    @Test
    void elementTypesAreThoseOfTheResult() {
        var wrong = assertThrows(
                IllegalArgumentException.class,
                () -> matrix(1)
                        .matmul(view(DType.F32, 4, 2), view(DType.F64, 2, 3), Epilogue.NONE, view(DType.F32, 4, 3)));
        assertEquals("matmul: element types do not go together: F32 × F64 → F32", wrong.getMessage());
    }

    @Test
    void scratchIsReleased() {
        View a = view(DType.F32, 700, 90);
        View b = view(DType.F32, 90, 130);
        View c = view(DType.F32, 700, 130);
        long before = memory.usage().inUse();
        matrix(2).matmul(a, b, Epilogue.NONE, c);
        assertEquals(before, memory.usage().inUse());
    }
}
