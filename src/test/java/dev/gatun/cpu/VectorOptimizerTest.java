package dev.gatun.cpu;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import dev.gatun.backend.Backend;
import dev.gatun.backend.OptimizerOps.AdamStep;
import dev.gatun.backend.View;
import dev.gatun.backend.conformance.Workbench;
import dev.gatun.layout.DType;
import dev.gatun.layout.Shape;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Steps with vectors of every size and on any number of threads. */
class VectorOptimizerTest {
    private static final CpuBackend OF_128 = CpuBackend.create(KernelChoice.vector(128, "test"), 1);
    private static final CpuBackend OF_256 = CpuBackend.create(KernelChoice.vector(256, "test"), 2);
    private static final CpuBackend OF_512 = CpuBackend.create(KernelChoice.vector(512, "test"), 3);

    @Test
    void neitherVectorsNorThreadsChangeABit() {
        double[] narrow = adam(OF_128);
        assertArrayEquals(narrow, adam(OF_256), "256 bits, 2 threads");
        assertArrayEquals(narrow, adam(OF_512), "512 bits, 3 threads");
    }

    private static double[] adam(Backend backend) {
        int n = 100_003;
        try (Workbench bench = new Workbench(backend)) {
            List<List<View>> columns = new ArrayList<>();
            for (int column = 0; column < 3; column++) {
                columns.add(List.of(bench.view(DType.F32, Shape.of(n), Workbench.numbers(n, 1, column))));
            }
            List<View> squares = List.of(bench.view(DType.F32, Shape.of(n), new double[n]));
            AdamStep step = new AdamStep(0.01, 0.9, 0.999, 1e-8, 0.1, true, 7);
            backend.optimizer().adam(step, columns.get(0), columns.get(1), columns.get(2), squares);
            return bench.read(columns.getFirst().getFirst());
        }
    }
}
