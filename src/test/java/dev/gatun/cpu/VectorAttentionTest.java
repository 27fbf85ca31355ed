package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.conformance.AttentionConformanceTest;
import org.junit.jupiter.api.Nested;

/** Attention with vectors of each size. */
class VectorAttentionTest {
    abstract static class WithVectors extends AttentionConformanceTest {
        private final CpuBackend backend;

        WithVectors(int bits) {
            backend = CpuBackend.create(KernelChoice.vector(bits, "test"), 2);
        }

        @Override
        protected Backend backend() {
            return backend;
        }
    }

    @Nested
    class Of512Bits extends WithVectors {
        Of512Bits() {
            super(512);
        }
    }

    @Nested
    class Of256Bits extends WithVectors {
        Of256Bits() {
            super(256);
        }
    }

    @Nested
    class Of128Bits extends WithVectors {
        Of128Bits() {
            super(128);
        }
    }
}
