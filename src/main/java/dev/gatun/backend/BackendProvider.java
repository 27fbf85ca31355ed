package dev.gatun.backend;

import java.util.List;
import java.util.Optional;

/** Finds a kind of backend; one provider per kind, found with {@link java.util.ServiceLoader}. */
public interface BackendProvider {
    /** The kind of device: {@code cpu}, {@code cuda}. */
    String name();

    /** Which provider is better where several are usable: the highest wins. The CPU has 0. */
    int priority();

    /** Why no backend of this kind can be used here; its first line says it in short. Empty when one can. */
    Optional<String> unusable();

    /** How many devices of this kind there are. */
    int devices();

    /** The backend of one device, the same object at every call; throws with every reason when it cannot be had. */
    Backend backend(int index);

    /** All that was looked at to tell whether this kind can be used, for {@code gatun doctor}: libraries, drivers, devices, remedies. */
    default List<Finding> findings() {
        return List.of(unusable()
                .map(reason -> Finding.lacking("devices", reason))
                .orElseGet(() -> Finding.fine("devices", Integer.toString(devices()))));
    }
}
