package dev.gatun.cuda;

import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.BackendConformanceTest;
import org.junit.jupiter.api.Tag;

/** CUDA, on a GPU or on the host stand-in: whatever libraries this run was given. */
@Tag("cuda")
class CudaConformanceTest extends BackendConformanceTest {
    @Override
    protected Backend backend() {
        return new CudaBackendProvider().backend(0);
    }
}
