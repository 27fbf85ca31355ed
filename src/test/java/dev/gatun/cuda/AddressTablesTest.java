package dev.gatun.cuda;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gatun.CudaTest;
import dev.gatun.MemoryLeakExtension;
import dev.gatun.backend.Epilogue;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.Workbench;
import dev.gatun.layout.DType;
import dev.gatun.layout.Layout;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Products of matrices that no single stride leads through, over tables that stay, that are written over and that are too large to stay. */
@CudaTest
@ExtendWith(MemoryLeakExtension.class)
class AddressTablesTest {
    private static CudaBackend backend;

    @BeforeAll
    static void open() {
        backend = new CudaBackend(0, 1);
    }

    @AfterAll
    static void close() {
        backend.close();
    }

    /** Batches of matrices of one number, with a gap after each batch. */
    private static View numbers(Workbench bench, int batch, int heads, double first) {
        Layout layout = Layout.strided(Shape.of(batch, heads, 1, 1), new long[] {heads + 1L, 1, 1, 1}, 0);
        View view = bench.blank(DType.F32, layout);
        double[] values = new double[batch * heads];
        Arrays.setAll(values, i -> first + i % 16);
        bench.write(view, values);
        return view;
    }

    private static double[] product(int count, double first, double second) {
        double[] values = new double[count];
        Arrays.setAll(values, i -> (first + i % 16) * (second + i % 16));
        return values;
    }

    @Test
    void tablesAreWrittenOverWhileProductsThatReadThemAreQueued() {
        try (Workbench bench = new Workbench(backend)) {
            View a = numbers(bench, 50, 40, 1);
            List<View> factors = new ArrayList<>();
            List<View> products = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                factors.add(numbers(bench, 50, 40, i));
                products.add(numbers(bench, 50, 40, 0));
            }
            for (int i = 0; i < factors.size(); i++) {
                backend.matrix().matmul(a, factors.get(i), Epilogue.NONE, products.get(i));
            }
            for (int i = 0; i < factors.size(); i++) {
                assertArrayEquals(product(2000, 1, i), bench.read(products.get(i)));
            }
        }
    }

    @Test
    void aTableMayBeLargerThanWhatStays() {
        try (Workbench bench = new Workbench(backend)) {
            View a = numbers(bench, 300, 200, 1);
            View b = numbers(bench, 300, 200, 2);
            View c = numbers(bench, 300, 200, 0);
            backend.matrix().matmul(a, b, Epilogue.NONE, c);
            assertArrayEquals(product(60_000, 1, 2), bench.read(c));
        }
    }

    @Test
    void aTableThatStaysServesOtherNumbers() {
        try (Workbench bench = new Workbench(backend)) {
            View a = numbers(bench, 2, 3, 1);
            View b = numbers(bench, 2, 3, 2);
            View c = numbers(bench, 2, 3, 0);
            backend.matrix().matmul(a, b, Epilogue.NONE, c);
            assertArrayEquals(product(6, 1, 2), bench.read(c));
            bench.write(a, 5, 6, 7, 8, 9, 10);
            backend.matrix().matmul(a, b, Epilogue.NONE, c);
            assertArrayEquals(product(6, 5, 2), bench.read(c));
        }
    }
}
