package dev.gatun.cuda;

import dev.gatun.CudaTest;
import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.RecurrentConformanceTest;
import org.junit.jupiter.api.AfterAll;

/** Recurrent stacks by whichever of cuDNN's algorithms was measured to be fastest. */
@CudaTest
class TunedRecurrentConformanceTest extends RecurrentConformanceTest {
    private static final CudaBackend BACKEND = new CudaBackend(0, 1, new CudaOptions(true, false));

    @Override
    protected Backend backend() {
        return BACKEND;
    }

    @AfterAll
    static void close() {
        BACKEND.close();
    }
}
