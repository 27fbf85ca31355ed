package dev.gatun.cuda;

import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.AttentionConformanceTest;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;

/** Attention by cuDNN's multi-head attention wherever that takes the call. */
@Tag("cuda")
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
