package dev.gatun;

import dev.gatun.cuda.OpenCudaDevices;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After every test, whatever it did, {@link Device#cpu()} must have no byte in use. Where one does, the report says where it was made;
 * {@code mvn test -Dgatun.memory.sites=true} has that recorded. A class asks for this by
 * {@code @ExtendWith(MemoryLeakExtension.class)}: JUnit finds no extension by itself in a module that is only patched.
 * When all tests have run, the CUDA devices that they opened are closed.
 */
@SuppressWarnings("exports") // the package is exported for its main classes
public final class MemoryLeakExtension implements BeforeAllCallback, AfterEachCallback {
    /** What earlier tests left behind, and were reported for. */
    private static long reported;

    /** For JUnit. */
    public MemoryLeakExtension() {}

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getRoot()
                .getStore(ExtensionContext.Namespace.GLOBAL)
                .getOrComputeIfAbsent(OpenCudaDevices.class, _ -> new OpenCudaDevices());
    }

    @Override
    public void afterEach(ExtensionContext context) {
        check(Device.cpu(), context.getExecutionException().isPresent());
    }

    /** A test that failed may leave things behind: its own failure is the one to see. */
    static void check(Device device, boolean failed) {
        long leaked = device.memory().inUse() - reported;
        reported += leaked;
        if (leaked > 0 && !failed) {
            throw new AssertionError(leaked + " bytes are in use after the test\n" + AllocationSites.report(device));
        }
    }
}
