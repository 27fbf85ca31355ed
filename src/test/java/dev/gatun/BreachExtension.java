package dev.gatun;

import dev.gatun.cuda.StandIn;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * After every test on the host stand-in, whatever it did, no breach of the rules of NVIDIA's libraries may be on record. On a GPU, which
 * keeps no such record, there is nothing to look at. {@link CudaTest} and {@link StandInTest} bring it.
 */
@SuppressWarnings("exports") // the package is exported for its main classes
public final class BreachExtension implements AfterEachCallback {
    /** For JUnit. */
    public BreachExtension() {}

    @Override
    public void afterEach(ExtensionContext context) {
        StandIn.find().ifPresent(standIn -> {
            String breaches = standIn.breaches();
            standIn.reset();
            if (!breaches.isEmpty()) {
                throw new AssertionError("the host stand-in recorded breaches:\n" + breaches);
            }
        });
    }
}
