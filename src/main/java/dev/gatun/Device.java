package dev.gatun;

import dev.gatun.backend.Backend;
import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.MemoryUsage;
import java.util.Comparator;
import java.util.ServiceLoader;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Where tensors lie and operations run. */
public final class Device {
    private static @Nullable Device cpu;
    private static @Nullable Device best;

    private final Backend backend;

    private Device(Backend backend) {
        this.backend = backend;
    }

    /** The CPU; always there. Asking for it looks at no other backend. */
    public static synchronized Device cpu() {
        if (cpu == null) {
            cpu = of(providers()
                    .filter(provider -> provider.name().equals("cpu"))
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("device: no backend named cpu was found"))
                    .backend(0));
        }
        return cpu;
    }

    /** The best device that is usable here; the same at every call. */
    public static synchronized Device best() {
        if (best == null) {
            BackendProvider provider = providers()
                    .filter(one -> one.unusable().isEmpty())
                    .max(Comparator.comparingInt(BackendProvider::priority))
                    .orElseThrow(() -> new IllegalStateException("device: no backend is usable"));
            best = provider.name().equals("cpu") ? cpu() : of(provider.backend(0));
        }
        return best;
    }

    private static Stream<BackendProvider> providers() {
        return ServiceLoader.load(BackendProvider.class, Device.class.getClassLoader()).stream()
                .map(ServiceLoader.Provider::get);
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
