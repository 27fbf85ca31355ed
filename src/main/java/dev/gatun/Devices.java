package dev.gatun;

import dev.gatun.backend.BackendProvider;
import dev.gatun.backend.DeviceException;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The devices that some providers have: each is opened when it is first asked for, and is the same ever after. Thread-safe. */
final class Devices {
    private final List<? extends Supplier<BackendProvider>> providers;
    private final System.Logger log;
    private final Map<String, Device> open = new HashMap<>();
    private @Nullable Device best;

    /** Providers are made one by one, so that a broken one does not stand in the way of those before it. */
    Devices(List<? extends Supplier<BackendProvider>> providers, System.Logger log) {
        this.providers = providers;
        this.log = log;
    }

    /** Those that {@link ServiceLoader} finds. */
    static Devices installed() {
        return new Devices(
                ServiceLoader.load(BackendProvider.class, Devices.class.getClassLoader()).stream()
                        .toList(),
                System.getLogger("dev.gatun"));
    }

    /** One device of a kind. */
    synchronized Device get(String kind, int index) {
        Device known = open.get(kind + ":" + index);
        if (known != null) {
            return known;
        }
        List<String> broken = new ArrayList<>();
        for (Supplier<BackendProvider> each : providers) {
            Optional<BackendProvider> provider = make(each, broken);
            if (provider.isPresent() && provider.get().name().equals(kind)) {
                return open(provider.get(), index);
            }
        }
        throw new DeviceException("device: no provider of " + kind + " was found"
                + (broken.isEmpty() ? "" : ", but broken ones: " + String.join("; ", broken)));
    }

    /** The first device of the best provider that can be used; where that is not the best there is, one line of the log says why. */
    synchronized Device best() {
        if (best != null) {
            return best;
        }
        List<String> reasons = new ArrayList<>();
        List<BackendProvider> candidates = providers.stream()
                .flatMap(each -> make(each, reasons).stream())
                .sorted(Comparator.comparingInt(BackendProvider::priority).reversed())
                .toList();
        boolean failed = !reasons.isEmpty();
        Throwable last = null;
        for (BackendProvider candidate : candidates) {
            try {
                Optional<String> unusable = candidate.unusable();
                if (unusable.isEmpty()) {
                    Device opened = open(candidate, 0);
                    best = opened;
                    log(failed ? Level.WARNING : Level.INFO, opened, reasons);
                    return opened;
                }
                reasons.add(candidate.name() + " cannot be used: " + unusable.get());
            } catch (RuntimeException | LinkageError failure) {
                failed = true;
                last = failure;
                reasons.add(candidate.name() + " failed: "
                        + (failure.getMessage() == null ? failure : failure.getMessage()));
            }
        }
        throw new DeviceException("device: none can be used: " + String.join("; ", reasons), last);
    }

    private void log(Level level, Device chosen, List<String> reasons) {
        if (!reasons.isEmpty()) {
            log.log(level, "device " + chosen + " is used, because " + String.join("; ", inShort(reasons)));
        }
    }

    private static List<String> inShort(List<String> reasons) {
        return reasons.stream()
                .map(reason -> reason.lines().findFirst().orElse(""))
                .toList();
    }

    private static Optional<BackendProvider> make(Supplier<BackendProvider> provider, List<String> broken) {
        try {
            return Optional.of(provider.get());
        } catch (ServiceConfigurationError failure) {
            broken.add(failure.getMessage() + ": " + failure.getCause());
            return Optional.empty();
        }
    }

    private Device open(BackendProvider provider, int index) {
        String name = provider.name() + ":" + index;
        Device known = open.get(name);
        if (known == null) {
            provider.unusable().ifPresent(reason -> {
                throw new DeviceException("device: " + name + " cannot be used: " + reason);
            });
            int devices = provider.devices();
            if (index < 0 || index >= devices) {
                throw new DeviceException("device: there is no " + name + ", " + provider.name() + " has " + devices
                        + (devices == 1 ? " device" : " devices") + ", counted from 0");
            }
            known = Device.of(provider.backend(index));
            open.put(name, known);
        }
        return known;
    }
}
