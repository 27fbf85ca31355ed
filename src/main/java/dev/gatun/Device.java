package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.MemoryUsage;
import java.util.Comparator;
import java.util.List;
import java.util.ServiceLoader;

/** Where tensors lie and operations run. */
public final class Device {
    private static final class Found {
        static final List<BackendProvider> PROVIDERS =
                ServiceLoader.load(BackendProvider.class, Device.class.getClassLoader()).stream()
                        .map(ServiceLoader.Provider::get)
                        .sorted(Comparator.comparingInt(BackendProvider::priority)
                                .reversed())
                        .toList();
        static final Device CPU = of(provider("cpu").backend(0));
        static final Device BEST = chooseBest();

        private static BackendProvider provider(String name) {
            return PROVIDERS.stream()
                    .filter(provider -> provider.name().equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("device: no backend named " + name
                            + " was found among "
                            + PROVIDERS.stream().map(BackendProvider::name).toList()));
        }

        private static Device chooseBest() {
            BackendProvider best = PROVIDERS.stream()
                    .filter(provider -> provider.unusable().isEmpty())
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("device: no backend is usable"));
            return best.name().equals("cpu") ? CPU : of(best.backend(0));
        }
    }

    private final Backend backend;

    private Device(Backend backend) {
        this.backend = backend;
    }

    /** The CPU; always there. */
    public static Device cpu() {
        return Found.CPU;
    }

    /** The best device that is usable here; the same at every call. */
    public static Device best() {
        return Found.BEST;
    }

    /** A device on a backend of one's own. Tensors of two devices never meet in an operation, even on one backend. */
    public static Device of(Backend backend) {
        return new Device(backend);
    }

    /** The kind of device: {@code cpu}. */
    public String name() {
        return backend.name();
    }

    /** What was chosen, for people: kernels, threads, libraries. */
    public String description() {
        return backend.description();
    }

    /** The device's memory now. */
    public MemoryUsage memory() {
        return backend.memory().usage();
    }

    /** The service behind this device. */
    public Backend backend() {
        return backend;
    }

    @Override
    public String toString() {
        return name();
    }
}
