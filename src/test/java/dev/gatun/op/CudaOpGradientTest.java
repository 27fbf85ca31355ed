package dev.gatun.op;

import dev.gatun.CudaTest;
import dev.gatun.backend.Backend;
import dev.gatun.cuda.CudaBackendProvider;

/** CUDA, on a GPU or on the host stand-in. */
@CudaTest
class CudaOpGradientTest extends OpGradientConformance {
    @Override
    Backend backend() {
        return new CudaBackendProvider().backend(0);
    }
}
