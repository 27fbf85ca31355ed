package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.BackendConformanceTest;

/** The CPU with vectors of 512 bits. */
class Vector512ConformanceTest extends BackendConformanceTest {
    private static final CpuBackend BACKEND = CpuBackend.create(KernelChoice.vector(512, "test"), 2);

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}
