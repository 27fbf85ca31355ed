package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.BackendConformanceTest;

/** The CPU with its scalar kernels. */
class ScalarConformanceTest extends BackendConformanceTest {
    private static final CpuBackend BACKEND = CpuBackend.create(KernelChoice.scalar("test"), 2);

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}
