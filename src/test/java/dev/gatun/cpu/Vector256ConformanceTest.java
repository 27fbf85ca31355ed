package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.BackendConformanceTest;

/** The CPU with vectors of 256 bits. */
class Vector256ConformanceTest extends BackendConformanceTest {
    private static final CpuBackend BACKEND = CpuBackend.create(KernelChoice.vector(256, "test"), 2);

    @Override
    protected Backend backend() {
        return BACKEND;
    }
}
