package dev.gatun.cuda;

/// The CUDA devices that tests opened. Whoever closes this closes them, and the host stand-in finds nothing alive at
/// exit.
public final class OpenCudaDevices implements AutoCloseable {
    /// For JUnit, which makes one for a run and closes it.
    public OpenCudaDevices() {}

    @Override
    public void close() {
        CudaBackendProvider.closeDevices();
    }
}
