package dev.gatun.cpu;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.Finding;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Provides the CPU, which is there wherever Java is. Property {@code gatun.threads} is the number of its threads. */
public final class CpuBackendProvider implements BackendProvider {
    /** The property that sets the number of threads; by default that of processors. */
    public static final String THREADS = "gatun.threads";

    private static @Nullable CpuBackend backend;

    /** For {@link java.util.ServiceLoader}. */
    public CpuBackendProvider() {}

    @Override
    public String name() {
        return "cpu";
    }

    @Override
    public int priority() {
        return 0;
    }

    @Override
    public Optional<String> unusable() {
        return Optional.empty();
    }

    @Override
    public int devices() {
        return 1;
    }

    @Override
    public Backend backend(int index) {
        if (index != 0) {
            throw new IndexOutOfBoundsException("cpu: there is one device, 0, and no device " + index);
        }
        return only();
    }

    @Override
    public List<Finding> findings() {
        return only().findings();
    }

    private static synchronized CpuBackend only() {
        CpuBackend made = backend;
        if (made == null) {
            made = CpuBackend.create(KernelChoice.fromProperties(), threads(System.getProperty(THREADS)));
            backend = made;
        }
        return made;
    }

    /** The number of threads for a given value of the property. */
    static int threads(@Nullable String given) {
        if (given == null) {
            return Runtime.getRuntime().availableProcessors();
        }
        try {
            int threads = Integer.parseInt(given.strip());
            if (threads > 0) {
                return threads;
            }
        } catch (NumberFormatException notANumber) {
            throw new IllegalArgumentException(expected(given), notANumber);
        }
        throw new IllegalArgumentException(expected(given));
    }

    private static String expected(String given) {
        return THREADS + ": expected a positive number, was given '" + given + "'";
    }
}
