package dev.gatun.op;

import dev.gatun.backend.Backend;
import dev.gatun.cuda.CudaBackendProvider;
import org.junit.jupiter.api.Tag;

/** CUDA, on a GPU or on the host stand-in. */
@Tag("cuda")
class CudaOpGradientTest extends OpGradientConformance {
    @Override
    Backend backend() {
        return new CudaBackendProvider().backend(0);
    }
}
