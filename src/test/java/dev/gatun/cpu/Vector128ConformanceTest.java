package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.BackendConformanceTest;

/** The CPU with vectors of 128 bits. */
class Vector128ConformanceTest extends BackendConformanceTest {
    private static final CpuBackend BACKEND = CpuBackend.create(KernelChoice.vector(128, "test"), 2);

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}
