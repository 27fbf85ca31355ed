package dev.gatun.cuda;

import dev.gatun.CudaTest;
import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.BackendConformanceTest;

/** CUDA, on a GPU or on the host stand-in: whatever libraries this run was given. */
@CudaTest
class CudaConformanceTest extends BackendConformanceTest {
    @Override
    protected Backend backend() {
        return new CudaBackendProvider().backend(0);
    }
}
