package dev.gatun.backend;

import java.util.Optional;

/** Finds a kind of backend; one provider per kind, found with {@link java.util.ServiceLoader}. */
public interface BackendProvider {
    /** The kind of device: {@code cpu}, {@code cuda}. */
    String name();

    /** Which provider is better where several are usable: the highest wins. The CPU has 0. */
    int priority();

    /** Why no backend of this kind can be used here; empty when one can. */
    Optional<String> unusable();

    /** How many devices of this kind there are. */
    int devices();

    /** The backend of one device, the same object at every call; throws with every reason when it cannot be had. */
    Backend backend(int index);
}
