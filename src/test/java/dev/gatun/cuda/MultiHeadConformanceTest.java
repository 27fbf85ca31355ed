package dev.gatun.cuda;

import dev.gatun.CudaTest;
import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.AttentionConformanceTest;
import org.junit.jupiter.api.AfterAll;

/** Attention by cuDNN's multi-head attention wherever that takes the call. */
@CudaTest
class MultiHeadConformanceTest extends AttentionConformanceTest {
    private static final CudaBackend BACKEND = new CudaBackend(0, 1, new CudaOptions(false, true));

    @Override
    protected Backend backend() {
        return BACKEND;
    }

    @AfterAll
    static void close() {
        BACKEND.close();
    }
}
